internal import ZMTP

/// A DEALER or a SUB of libzmq with one peer: over `tcp://`, guarded by CURVE.
final class LibraryConnector {
    private let kind: Socket.Kind
    private let address: Address
    private let prefix: [UInt8]
    private let context: Context
    private let options: SocketOptions
    private let thread: SocketThread
    private let handler: (SocketEvent) -> Void
    private var socket: Socket?
    private var monitor: Monitor?
    private var outgoing = Multipart()
    private var frames = Frames()

    /// - Parameter prefix: of a SUB: messages are wanted whose first frame begins so.
    init(
        _ kind: Socket.Kind, to address: Address, prefix: [UInt8] = [], in context: Context, options: SocketOptions,
        on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        self.kind = kind
        self.address = address
        self.prefix = prefix
        self.context = context
        self.thread = thread
        self.handler = handler
        var options = options
        // With it, libzmq throws away replies that have come but are not read yet when a connection ends.
        options.immediate = false
        options.ipv6 = address.mayBeIPv6
        self.options = options
        try open()
    }

    deinit { close() }

    func send(_ message: some OutboundMessage) -> SendResult {
        guard let socket else { return .unreachable }
        outgoing.removeAll()
        message.writeFrames { frame, _ in outgoing.append(copying: frame) }
        return (try? socket.send(&outgoing)) ?? .unreachable
    }

    func close() {
        socket?.close()
        monitor?.close()
        socket = nil
        monitor = nil
    }

    private func open() throws(ZeroMQError) {
        let socket = try Socket(kind, in: context, options: options)
        let monitor = try socket.monitor()
        self.socket = socket
        self.monitor = monitor
        if kind == .sub { try socket.subscribe(to: prefix) }
        thread.attach(socket) { [weak self] limit in self?.receive(limit: limit) ?? 0 }
        thread.attach(monitor.socket) { [weak self] _ in self?.watch() ?? 0 }
        try socket.connect(address)
    }

    /// Connects anew after a connection has ended. What the old socket had not sent goes with it, so that no server ever
    /// runs a call whose caller has been told that it is lost.
    private func reopen() {
        close()
        // Without a socket there is no connection, and calls fail.
        try? open()
    }

    private func receive(limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            message.lend(to: &frames)
            handler(.message(frames, from: .server))
        }
        return count
    }

    private func watch() -> Int {
        var count = 0
        while let event = try? monitor?.receive() {
            count += 1
            switch event.kind {
            case .handshakeSucceeded: handler(.connected(.server))
            case .disconnected:
                _ = receive(limit: .max)
                handler(.disconnected(.server))
                reopen()
            default: break
            }
        }
        return count
    }
}
