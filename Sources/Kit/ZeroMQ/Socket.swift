internal import CZeroMQ
internal import Glibc

/// A libzmq socket. One thread owns it: not `Sendable`, and nothing here waits unless its name says so.
///
/// Used through a `SocketThread`, make it in the actor that lives on the thread. Closed by `close()` or by its last
/// reference; an operation on a closed socket throws `ENOTSOCK`.
public final class Socket {
    public enum Kind: Sendable, CaseIterable {
        case router, dealer, req, rep, pub, sub, pair
    }

    public let kind: Kind
    public let options: SocketOptions
    /// Keeps libzmq's context alive as long as the socket.
    let context: Context
    private(set) var handle: UnsafeMutableRawPointer?
    /// The files of this socket's `ipc://` binds.
    var ipcFiles: [String: SocketFile] = [:]
    /// Its `inproc://` binds.
    var inprocNames: Set<Address> = []
    /// The number of the monitor that reads this socket's events; 0 for none.
    private var monitorNumber: UInt64 = 0
    /// Called before libzmq's socket is closed.
    var willClose: (() -> Void)?
    /// The attachment to the thread that watches it, if any.
    weak var attachment: PollRegistration?
    /// Something was done with it, which may have used up libzmq's signal: it must be asked for messages.
    var needsEventCheck = true

    /// - Throws: `ZeroMQError`: `EINVAL` for an option libzmq refuses, `EMFILE` at the context's limit of sockets,
    /// `ETERM`   after `Context.terminate()`.
    public init(_ kind: Kind, in context: Context, options: SocketOptions = .client) throws(ZeroMQError) {
        self.kind = kind
        self.options = options
        self.context = context
        let handle = try context.makeSocket(kind.number, operation: "make a \(kind) socket")
        self.handle = handle
        try options.apply(to: handle, kind: kind)
    }

    deinit { close() }

    public var isClosed: Bool { handle == nil }

    /// Closes the socket; again, does nothing. Unsent messages have `SocketOptions.linger`, on the I/O thread. The
    /// files of `ipc://` binds are removed, their locks released, and `inproc://` names free again; a TCP port is so a
    /// moment later.
    public func close() {
        guard let handle else { return }
        willClose?()
        attachment?.detach()
        stopMonitoring(monitorNumber)
        self.handle = nil
        // libzmq would give the names back later, on a thread of its own.
        for name in inprocNames { zmq_unbind(handle, name.description) }
        inprocNames = []
        zmq_close(handle)
        ipcFiles.values.forEach { $0.release() }
        ipcFiles = [:]
    }

    /// Lets libzmq report events to the PAIR socket at this address.
    func startMonitoring(_ number: UInt64, at address: Address) throws(ZeroMQError) {
        let handle = try opened(for: "monitor")
        guard zmq_socket_monitor(handle, address.description, ZMQ_EVENT_ALL) == 0 else { throw .last("monitor") }
        monitorNumber = number
    }

    /// Ends the events, if they are still that monitor's. Must come before their reader is closed: libzmq's I/O thread
    /// would wait for another reader, for ever, and every connection of the context with it.
    func stopMonitoring(_ number: UInt64) {
        guard let handle, number != 0, number == monitorNumber else { return }
        monitorNumber = 0
        zmq_socket_monitor(handle, nil, 0)
    }

    /// The open socket, or `ENOTSOCK`.
    func opened(for operation: @autoclosure () -> String) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        guard let handle else {
            throw ZeroMQError(code: ENOTSOCK, operation: operation(), reason: "the socket is closed")
        }
        return handle
    }
}

extension Socket.Kind {
    fileprivate var number: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .req: ZMQ_REQ
        case .rep: ZMQ_REP
        case .pub: ZMQ_PUB
        case .sub: ZMQ_SUB
        case .pair: ZMQ_PAIR
        }
    }
}
