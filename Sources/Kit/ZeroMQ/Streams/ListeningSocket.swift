internal import EventLoop
internal import Glibc
internal import Sockets

/// An address that peers can connect to: the descriptors that listen there, and what must be released.
final class ListeningSocket {
    private enum Handle {
        case file(SocketFile)
        case tcp([Int32])
        case process(InProcessListener)
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    let address: Address
    private let handle: Handle

    init(at address: Address, in context: Context, backlog: Int) throws(ZeroMQError) {
        let operation = "bind \(address)"
        switch address.target {
        case .ipc(let path):
            handle = .file(try SocketFile(path: path, backlog: backlog, operation: operation))
            self.address = address
        case .inproc(let name):
            handle = .process(try InProcessListener(name, in: context.inProcess, operation: operation))
            self.address = address
        case .tcp(let host, let port):
            let descriptors = try Self.listen(host, port, backlog: backlog, operation)
            handle = .tcp(descriptors)
            self.address = Address(known: .tcp(host: host, port: SocketAddress.port(of: descriptors[0])))
        }
    }

    /// Readable when somebody wants to connect.
    var descriptors: [Int32] {
        switch handle {
        case .file(let file): [file.descriptor]
        case .tcp(let descriptors): descriptors
        case .process(let listener): [listener.descriptor]
        }
    }

    func accept(at descriptor: Int32) -> StreamSocket.Acceptance {
        if case .process(let listener) = handle { listener.accept() } else { StreamSocket.accept(descriptor) }
    }

    /// Gives the address back.
    func close() {
        switch handle {
        case .file(let file): file.abandon()
        case .tcp(let descriptors): for descriptor in descriptors { Glibc.close(descriptor) }
        case .process(let listener): listener.close()
        }
    }

    /// True if others may take the address away: a file may be removed.
    var canBeLost: Bool {
        if case .file = handle { true } else { false }
    }

    /// True while peers that connect to the address come here.
    var isInPlace: Bool {
        if case .file(let file) = handle { file.isInPlace } else { true }
    }

    /// Listens anew at a path whose file has gone.
    ///
    /// - Throws: `ZeroMQError` `EADDRINUSE` if another process has taken it.
    func restore() throws(ZeroMQError) {
        if case .file(let file) = handle { try file.restore() }
    }

    /// Listens at every address of the host; at those that this machine does not have, a name may still point.
    private static func listen(
        _ host: String, _ port: UInt16, backlog: Int, _ operation: String
    ) throws(ZeroMQError) -> [Int32] {
        var addresses = try SocketAddress.resolve(host, port: port, operation: operation)
        // One socket of IPv6 accepts both families.
        if host == "*" { addresses.sort { $0.family == AF_INET6 && $1.family != AF_INET6 } }
        var descriptors: [Int32] = []
        var failure = ZeroMQError(code: EADDRNOTAVAIL, operation: operation)
        for address in addresses where host != "*" || descriptors.isEmpty {
            do throws(SystemError) {
                let port = descriptors.first.map { SocketAddress.port(of: $0) } ?? port
                descriptors.append(
                    try StreamSocket.listen(
                        at: address.with(port: port), bothFamilies: host == "*", backlog: backlog, operation))
            } catch {
                failure = ZeroMQError(error)
                guard [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.code) else { break }
            }
        }
        let isTaken = failure.code == EADDRINUSE || failure.code == EACCES
        if !descriptors.isEmpty, !isTaken { return descriptors }
        for descriptor in descriptors { Glibc.close(descriptor) }
        throw failure
    }
}
