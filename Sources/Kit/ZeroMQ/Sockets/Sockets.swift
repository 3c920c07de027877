internal import ZMTP

/// A ROUTER at one address, on one thread: any number of peers, each with a ``RoutingID``.
///
/// The ZMTP is this package's own, on every wire, with CURVE on `tcp://` if wanted.
public final class Router {
    private let listener: StreamListener

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`; elsewhere the file system and the process are the wall.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        listener = try StreamListener(
            as: .router, at: address, in: context, options: options, on: thread, handler: handler)
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    public var address: Address { listener.address }

    /// - Returns: `wouldBlock` if the peer reads too slowly, `unreachable` if it is gone.
    public func send(_ message: some OutboundMessage, to peer: RoutingID) -> SendResult {
        listener.send(to: peer.number) { writer in message.writeFrames { writer.append(frame: $0, isLast: $1) } }
    }

    /// Closes all connections and releases the address. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}

/// A DEALER with one server, on one thread. It connects by itself, again and again; what was not sent when a connection ended
/// is lost with it.
public final class Dealer {
    private let connector: StreamConnector

    /// Begins to connect, from the thread only. A server that is not there yet is no error.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` `EMFILE` if the system has no descriptor left, `EINVAL` for a wildcard port or host.
    public init(
        to address: Address, in context: Context, options: SocketOptions = .client, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        connector = try StreamConnector(as: .dealer, to: address, in: context, options: options, on: thread) { event in
            if let event = SocketEvent(event, of: .server) { handler(event) }
        }
    }

    /// - Returns: `unreachable` without a connection, `wouldBlock` if the server reads too slowly.
    public func send(_ message: some OutboundMessage) -> SendResult {
        connector.send { writer in message.writeFrames { writer.append(frame: $0, isLast: $1) } }
    }

    /// Makes another connection to a server that is silent, after what was sent last. Over `ipc://` and `inproc://` it does
    /// nothing: there the system notices the end of a connection.
    public func renew() { connector.renew() }

    /// Closes the connection, without an event.
    public func close() { connector.close() }
}

/// A PUB at one address, on one thread. It never waits for a subscriber: one that reads too slowly misses messages.
public final class Publisher {
    private let listener: StreamListener

    /// Bytes of a frame of a subscriber's, which sends nothing but its subscriptions.
    private static let maxFrame = 4096

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`; elsewhere the file system and the process are the wall.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void = { _ in }
    ) throws(ZeroMQError) {
        var options = options
        options.maxMessageSize = Self.maxFrame
        listener = try StreamListener(
            as: .pub, at: address, in: context, options: options, on: thread, handler: handler)
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    public var address: Address { listener.address }

    /// Sends to everybody who has subscribed.
    ///
    /// - Parameter topic: the first frame of the message.
    public func publish(_ message: some OutboundMessage, topic: String) {
        var topic = topic
        topic.withUTF8 { bytes in
            listener.publish(UnsafeRawBufferPointer(bytes)) { writer in
                message.writeFrames { writer.append(frame: $0, isLast: $1) }
            }
        }
    }

    /// Closes all connections and releases the address. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}

/// A SUB with one publisher, on one thread. It connects and subscribes by itself, again and again; what is published while
/// there is no connection is lost.
public final class Subscriber {
    /// Set once, at the end of the initializer.
    private var connector: StreamConnector?

    /// Begins to connect, from the thread only. A publisher that is not there yet is no error.
    ///
    /// - Parameters:
    ///   - prefix: messages are wanted whose first frame begins so.
    ///   - options: `security` holds for `tcp://`.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` `EMFILE` if the system has no descriptor left, `EINVAL` for a wildcard port or host.
    public init(
        to address: Address, prefix: String, in context: Context, options: SocketOptions = .client,
        on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        connector = try StreamConnector(as: .sub, to: address, in: context, options: options, on: thread) {
            [unowned self] event in
            if case .ready = event { _ = connector?.send { $0.append(subscription: Array(prefix.utf8)) } }
            if let event = SocketEvent(event, of: .server) { handler(event) }
        }
    }

    /// Closes the connection, without an event.
    public func close() { connector?.close() }
}
