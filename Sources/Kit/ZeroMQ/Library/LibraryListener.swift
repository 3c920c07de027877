internal import Glibc
internal import ZMTP

/// A ROUTER or a PUB of libzmq: at `tcp://`, guarded by CURVE.
final class LibraryListener {
    let address: Address
    private let socket: Socket
    private let monitor: Monitor
    private let handler: (SocketEvent) -> Void
    private var outgoing = Multipart()
    private var frames = Frames()

    init(
        _ kind: Socket.Kind, at address: Address, in context: Context, options: SocketOptions, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        self.handler = handler
        var options = options
        options.ipv6 = address.mayBeIPv6
        socket = try Socket(kind, in: context, options: options)
        monitor = try socket.monitor()
        self.address = try Self.bind(socket, at: address)
        if kind == .router { thread.attach(socket) { [weak self] limit in self?.receive(limit: limit) ?? 0 } }
        thread.attach(monitor.socket) { [weak self] _ in self?.watch() ?? 0 }
    }

    deinit { close() }

    /// - Parameter routingID: `nil` for a PUB.
    func send(_ message: some OutboundMessage, to routingID: [UInt8]?) -> SendResult {
        outgoing.removeAll()
        if let routingID { outgoing.append(routingID) }
        message.writeFrames { frame, _ in outgoing.append(copying: frame) }
        // An error is the end of the context or of the socket.
        return (try? socket.send(&outgoing)) ?? .unreachable
    }

    func close() {
        socket.close()
        monitor.close()
    }

    /// libzmq binds no names: it gets their addresses.
    private static func bind(_ socket: Socket, at address: Address) throws(ZeroMQError) -> Address {
        guard case .tcp(let host, var port) = address.target, host != "*" else { return try socket.bind(address) }
        for found in try SocketAddress.resolve(host, port: port, operation: "bind \(address)") {
            guard let digits = found.host else { continue }
            let bound = try socket.bind(Address(known: .tcp(host: digits, port: port)))
            if case .tcp(_, let chosen) = bound.target { port = chosen }
        }
        return Address(known: .tcp(host: host, port: port))
    }

    private func receive(limit: Int) -> Int {
        // The routing id comes on top.
        var message = Multipart(limit: Frames.limit + 1)
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket.receive(into: &message)) == true {
            count += 1
            message.lend(to: &frames, from: 1)
            handler(.message(frames, from: .bytes(message.bytes(at: 0))))
        }
        return count
    }

    private func watch() -> Int {
        var count = 0
        while let event = try? monitor.receive() {
            count += 1
            if event.kind == .disconnected { handler(.disconnected(nil)) }
        }
        return count
    }
}

extension Address {
    /// False for an IPv4 address in digits, and for what is no host.
    var mayBeIPv6: Bool {
        guard case .tcp(let host, let port) = target else { return false }
        let numeric = try? SocketAddress.resolve(host, port: port, numeric: true, operation: "read")
        return host == "*" || numeric?.allSatisfy { $0.family == AF_INET } != true
    }
}
