public import EventLoop
public import RPC
public import ZeroMQ

/// The receiving side of events over ZeroMQ: a SUB socket to one publisher.
///
/// It connects by itself, again and again. What is published while there is no connection is lost.
public actor ZeroMQSubscription: ThreadBound {
    /// The thread that owns its socket.
    public nonisolated let thread: SocketThread

    private let topic: String
    private let address: Address
    private let context: Context
    private let security: SocketOptions.Security
    private let receive: @Sendable (Event) -> Void
    private var socket: Subscriber?
    private var log: SparseLog

    /// - Parameters:
    ///   - topic: the events to receive.
    ///   - thread: that of the service that subscribes.
    ///   - security: for a `tcp://` address.
    ///   - receive: called with each event, in order, on the thread; it must not block.
    public init(
        to topic: String, at address: Address, on thread: SocketThread, context: Context,
        security: SocketOptions.Security = .none, receive: @escaping @Sendable (Event) -> Void
    ) {
        self.topic = topic
        self.address = address
        self.thread = thread
        self.context = context
        self.security = security
        self.receive = receive
        log = SparseLog(topic, of: thread.name)
    }

    isolated deinit { socket?.close() }

    /// Begins to connect. A publisher that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` if the socket cannot be made.
    public func start() throws(ZeroMQError) {
        var options = SocketOptions.client
        options.maxMessageSize = Event.maxFrame
        options.security = security
        socket = try Subscriber(to: address, prefix: topic, in: context, options: options, on: thread) {
            [weak self] event in
            self?.assumeIsolated { $0.handle(event) }
        }
    }

    private func handle(_ event: SocketEvent) {
        switch event {
        case .message(let frames, from: _): if let event = Event(frames) { deliver(event) }
        default: log.warn(of: event)
        }
    }

    /// Closes the socket.
    public func close() {
        socket?.close()
        socket = nil
    }

    private func deliver(_ event: Event) {
        // A subscription is to all topics with this prefix.
        if event.topic == topic { receive(event) }
    }
}
