public import RPC
public import ZeroMQ

/// The receiving side of events over ZeroMQ: a SUB socket to one publisher.
///
/// It connects by itself, again and again. What is said while there is no connection, is lost.
public actor ZeroMQSubscription: ThreadBound {
    public nonisolated let thread: SocketThread

    private let topic: String
    private let address: Address
    private let context: Context
    private let security: SocketOptions.Security
    private let heard: @Sendable (Event) -> Void
    private var socket: Subscriber?
    private var log: SparseLog

    /// - Parameters:
    ///   - topic: what to listen to.
    ///   - thread: that of the service that listens.
    ///   - security: for a `tcp://` address.
    ///   - heard: called with each event, in order, on the thread; it must not block.
    public init(
        to topic: String, at address: Address, on thread: SocketThread, context: Context,
        security: SocketOptions.Security = .none, heard: @escaping @Sendable (Event) -> Void
    ) {
        self.topic = topic
        self.address = address
        self.thread = thread
        self.context = context
        self.security = security
        self.heard = heard
        log = SparseLog(topic)
    }

    isolated deinit { socket?.close() }

    /// Begins to listen. A publisher that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` if the socket cannot be made.
    public func start() throws(ZeroMQError) {
        var options = SocketOptions.client
        options.maxMessageSize = Event.maxFrame
        options.security = security
        socket = try Subscriber(to: address, prefix: topic, in: context, options: options, on: thread) {
            [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
    }

    private func receive(_ event: SocketEvent) {
        switch event {
        case .message(let frames, from: _): if let event = Event(frames) { take(event) }
        default: log.warn(of: event)
        }
    }

    public func close() {
        socket?.close()
        socket = nil
    }

    private func take(_ event: Event) {
        // A subscription is to all topics that begin so.
        if event.topic == topic { heard(event) }
    }
}
