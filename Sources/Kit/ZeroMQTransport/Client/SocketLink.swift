import ZMTP
import ZeroMQ

/// A link through libzmq: over `tcp://`, where CURVE guards it, and over `inproc://`.
final class SocketLink: Link {
    private let address: Address
    private let context: Context
    private let options: SocketOptions
    private let thread: SocketThread
    private let handler: (LinkEvent) -> Void
    private var socket: Socket?
    private var monitor: Monitor?
    private var outgoing = Multipart()
    private var frames = Frames()

    init(
        to address: Address, in context: Context, options: SocketOptions, on thread: SocketThread,
        handler: @escaping (LinkEvent) -> Void
    ) throws(ZeroMQError) {
        self.address = address
        self.context = context
        self.options = options
        self.thread = thread
        self.handler = handler
        try open()
    }

    deinit { close() }

    func send(_ message: Outgoing) -> Bool {
        outgoing.removeAll()
        message.write(to: &outgoing)
        return (try? socket?.send(&outgoing)) == .sent
    }

    /// libzmq tells nothing of connections within a process: one that takes no message is none any more.
    func noticeRefusal() {
        guard address.isInProcess else { return }
        reopen()
        handler(.disconnected)
    }

    func close() {
        socket?.close()
        monitor?.close()
        socket = nil
        monitor = nil
    }

    private func open() throws(ZeroMQError) {
        let socket = try Socket(.dealer, in: context, options: options)
        let monitor = try socket.monitor()
        self.socket = socket
        self.monitor = monitor
        thread.attach(socket) { [weak self] limit in self?.receive(limit: limit) ?? 0 }
        thread.attach(monitor.socket) { [weak self] _ in self?.watch() ?? 0 }
        try socket.connect(address)
    }

    /// Connects anew after a connection has ended. What the old socket had not sent goes with it, so that no server ever
    /// runs a call whose caller has been told that it is lost.
    private func reopen() {
        close()
        // Without a socket there is no connection, and calls say so.
        try? open()
    }

    private func receive(limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            message.lend(to: &frames)
            handler(.message(frames))
        }
        return count
    }

    /// Reads what has become of the connection.
    private func watch() -> Int {
        var count = 0
        while let event = try? monitor?.receive() {
            count += 1
            switch event.kind {
            case .handshakeSucceeded: handler(.connected)
            case .disconnected:
                _ = receive(limit: .max)
                handler(.disconnected)
                reopen()
            default: break
            }
        }
        return count
    }
}
