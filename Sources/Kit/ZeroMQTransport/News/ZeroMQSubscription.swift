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
    private var feed: (any NewsFeed)?

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

    isolated deinit { feed?.close() }

    /// Begins to listen. A publisher that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` where the socket cannot be made.
    public func start() throws(ZeroMQError) {
        feed = try open()
    }

    private func open() throws(ZeroMQError) -> any NewsFeed {
        let handler: (Bulletin) -> Void = { [weak self] bulletin in self?.assumeIsolated { $0.take(bulletin) } }
        if case .ipc(let path) = address.target {
            return try IPCNewsFeed(of: topic, from: path, on: thread, handler: handler)
        }
        var options = SocketOptions.client
        options.maxMessageSize = Bulletin.maxFrame
        if address.isTCP { options.security = security }
        return try SocketNewsFeed(
            of: topic, from: address, in: context, options: options, on: thread, handler: handler)
    }

    public func close() {
        feed?.close()
        feed = nil
    }

    private func take(_ bulletin: Bulletin) {
        // A subscription is to all topics that begin so.
        if bulletin.topic == topic { heard(bulletin) }
    }
}
