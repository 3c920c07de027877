public import RPC
public import ZeroMQ

/// The listening side of news over ZeroMQ: a SUB socket to one publisher.
///
/// It connects by itself, again and again. What is said while there is no connection, is lost.
public actor ZeroMQSubscription: ThreadBound {
    public nonisolated let thread: SocketThread

    private let topic: String
    private let address: Address
    private let context: Context
    private let security: SocketOptions.Security
    private let heard: @Sendable (Bulletin) -> Void
    private var socket: Socket?

    /// - Parameters:
    ///   - topic: what to listen to.
    ///   - thread: that of the service that listens.
    ///   - security: for a `tcp://` address.
    ///   - heard: called with each bulletin, in order, on the thread; it must not block.
    public init(
        to topic: String, at address: Address, on thread: SocketThread, context: Context,
        security: SocketOptions.Security = .none, heard: @escaping @Sendable (Bulletin) -> Void
    ) {
        self.topic = topic
        self.address = address
        self.thread = thread
        self.context = context
        self.security = security
        self.heard = heard
    }

    isolated deinit { socket?.close() }

    /// Begins to listen. A publisher that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` where the socket cannot be made.
    public func start() throws(ZeroMQError) {
        var options = SocketOptions.client
        if address.isTCP { options.security = security }
        let socket = try Socket(.sub, in: context, options: options)
        try socket.subscribe(to: Array(topic.utf8))
        self.socket = socket
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.receive(limit: limit) } ?? 0 }
        try socket.connect(address)
    }

    public func close() {
        socket?.close()
        socket = nil
    }

    /// Takes the bulletins that have come.
    ///
    /// - Returns: how many.
    private func receive(limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            // A subscription is to all topics that begin so.
            guard let bulletin = Bulletin(message), bulletin.topic == topic else { continue }
            heard(bulletin)
        }
        return count
    }
}
