public import EventLoop
internal import Glibc
public import ZMTP

/// A ROUTER at one address, on one thread: any number of peers, each with a ``RoutingID``.
///
/// The ZMTP is that of the context's ``Engine``, on every wire, with CURVE on `tcp://` if wanted.
public final class Router {
    /// Replies to a message while it is read, in place of its event: what must cost next to nothing. `reply` gets the frames of
    /// one message, in order; nothing else of the socket may be called.
    ///
    /// - Returns: false if there is no such reply, and the message is to be handled as any other.
    public typealias QuickReply = (
        _ message: Frames, _ reply: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void
    ) -> Bool

    private let listener: EngineListener

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`; elsewhere file permissions guard the access.
    ///   - quickReply: asked about each message first, unless its peer reads too slowly for a reply.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread,
        quickReply: QuickReply? = nil, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        listener = try EngineListener(
            as: .router, at: address, in: context, options: options, on: thread, quickReply: quickReply,
            handler: handler)
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    public var address: Address { listener.address }

    /// - Parameter isUrgent: false if a message that is sent while another one of the same peer is handled may wait until all
    ///   that has come from it is: many small ones then cost less.
    /// - Returns: `wouldBlock` if the peer reads too slowly, `unreachable` if it is gone.
    public func send(_ message: some OutboundMessage, to peer: RoutingID, isUrgent: Bool = true) -> SendResult {
        switch listener {
        case .builtIn(let listener):
            listener.send(to: peer, isUrgent: isUrgent) { writer in
                message.writeFrames { writer.append(frame: $0, isLast: $1) }
            }
        case .libzmq(let listener): listener.send(message, to: peer)
        }
    }

    /// Closes all connections and releases the address. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}

/// A DEALER with one server, on one thread. It connects by itself, again and again; what was not sent when a connection ended
/// is lost with it.
public final class Dealer {
    private let connector: EngineConnector

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
        connector = try EngineConnector(
            as: .dealer, to: address, in: context, options: options, on: thread, handler: handler)
    }

    /// - Returns: `unreachable` without a connection, `wouldBlock` if the server reads too slowly.
    public func send(_ message: some OutboundMessage) -> SendResult {
        switch connector {
        case .builtIn(let connector):
            connector.send { writer in message.writeFrames { writer.append(frame: $0, isLast: $1) } }
        case .libzmq(let connector): connector.send(message)
        }
    }

    /// Makes another connection to a server that is silent, after what was sent last. Over `ipc://` and `inproc://` it does
    /// nothing: there the system notices the end of a connection.
    public func renew() { connector.renew() }

    /// Closes the connection, without an event.
    public func close() { connector.close() }
}

/// A PUB at one address, on one thread. It never waits for a subscriber: one that reads too slowly misses messages.
public final class Publisher {
    private let listener: EngineListener

    /// Bytes of a frame of a subscriber's, which sends nothing but its subscriptions.
    private static let maxFrame = 4096

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - options: `security` holds for `tcp://`; elsewhere file permissions guard the access.
    ///   - handler: called on the thread. It must not block.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public init(
        at address: Address, in context: Context, options: SocketOptions = .server, on thread: SocketThread,
        handler: @escaping (SocketEvent) -> Void = { _ in }
    ) throws(ZeroMQError) {
        var options = options
        options.maxMessageSize = Self.maxFrame
        listener = try EngineListener(
            as: .pub, at: address, in: context, options: options, on: thread, handler: handler)
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    public var address: Address { listener.address }

    /// Sends to everybody who has subscribed.
    ///
    /// - Parameter topic: the first frame of the message.
    public func publish(_ message: some OutboundMessage, topic: String) {
        switch listener {
        case .builtIn(let listener):
            var topic = topic
            topic.withUTF8 { bytes in
                listener.publish(UnsafeRawBufferPointer(bytes)) { writer in
                    message.writeFrames { writer.append(frame: $0, isLast: $1) }
                }
            }
        case .libzmq(let listener): listener.publish(message)
        }
    }

    /// Closes all connections and releases the address. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}

/// A SUB with one publisher, on one thread. It connects and subscribes by itself, again and again; what is published while
/// there is no connection is lost.
public final class Subscriber {
    private let connector: EngineConnector

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
        connector = try EngineConnector(
            as: .sub, to: address, prefix: prefix, in: context, options: options, on: thread, handler: handler)
    }

    /// Closes the connection, without an event.
    public func close() { connector.close() }
}

/// An event of a ``Router``, ``Dealer``, ``Publisher`` or ``Subscriber``, on the socket's thread.
public enum SocketEvent: Sendable {
    /// The handshake with a peer is done: messages can flow.
    case connected(RoutingID)
    /// The frames are lent until the handler returns. A routing id is not among them.
    case message(Frames, from: RoutingID)
    /// A peer that read too slowly has caught up: messages to it are accepted again.
    case writable(RoutingID)
    /// A peer is gone, and with it whatever had not come yet. It may be one that has never been connected.
    case disconnected(RoutingID)
    /// There is no connection because one side does not admit the other's CURVE key, or the peer speaks something else.
    case refused(Refusal)
    /// A peer breaks the protocol, as by a frame that is too large, and its connection is ended.
    case violation(reason: String, peer: String?)
    /// The file of a socket that listens has gone, and no peer can connect until it is made anew, which is tried every two
    /// seconds: something else may be in its place.
    case unreachable(ZeroMQError)
    /// The file of a socket that listens had gone, and is there again.
    case restored
}

/// The name that a socket gives to a peer, and never to another one.
public struct RoutingID: Hashable, Sendable {
    let number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    /// The one peer of a ``Dealer`` or a ``Subscriber``.
    public static let server = RoutingID(number: 0)
}

/// The reason why a handshake failed.
public struct Refusal: Sendable {
    /// A sentence without its end, of which this side is the speaker.
    public let reason: String
    /// The key that this side does not admit, if that is the reason.
    public let key: CurvePublicKey?
    /// The peer's host.
    public let peer: String?

    init(_ refusal: ZMTPSession.Rejection, peer: String?) {
        self.peer = peer
        switch refusal {
        case .key(let bytes):
            key = try? CurvePublicKey(bytes: bytes)
            reason = "its key is not admitted"
        case .otherServer:
            key = nil
            reason = "it expects another server's key"
        case .otherMechanism(let other, let own):
            key = nil
            reason = "the peer's security mechanism is \(other), and this side's is \(own)"
        case .byPeer(let status):
            key = nil
            reason = "the server does not admit this key (\(status))"
        }
    }

    /// The system does not let this process connect.
    init(bySystem code: Int32) {
        reason = "the system does not permit it (\(String(cString: strerror(code))))"
        key = nil
        peer = nil
    }

    /// The server speaks no ZMTP, or is a socket of a type that is not for this side.
    init(byClientAfter error: ZMTPError, _ peer: String?) {
        reason = "something else listens there (\(error))"
        key = nil
        self.peer = peer
    }

    /// The client speaks no ZMTP, or one before version 3, or is a socket of a type that is not for this side.
    init(byServerAfter error: ZMTPError, _ peer: String?) {
        reason = "the handshake has failed (\(error))"
        key = nil
        self.peer = peer
    }

    /// The server has closed the connection in the handshake, without a reason.
    init(closedBy peer: String?) {
        reason = "the server has ended the handshake: it may have another key"
        key = nil
        self.peer = peer
    }
}

/// A message to be sent.
public protocol OutboundMessage {
    /// Hands the frames on, in order; it is called for each peer that the message goes to.
    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void)
}
