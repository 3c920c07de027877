internal import Glibc
public import ZMTP

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
    /// There is no connection because one side does not admit the other's CURVE key.
    case refused(Refusal)
    /// The file of a socket that listens has gone, and nobody can connect until it is made anew, which is tried every two
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
    init(after error: ZMTPError, peer: String?) {
        reason = "something else listens there (\(error))"
        key = nil
        self.peer = peer
    }

    /// The server has closed the connection in the handshake, without a word.
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

extension SocketEvent {
    /// - Returns: `nil` for what is the connection's own business.
    init?(_ event: StreamConnection.ConnectionEvent, of peer: RoutingID) {
        switch event {
        case .ready: self = .connected(peer)
        case .message(let frames): self = .message(frames, from: peer)
        case .writable: self = .writable(peer)
        case .ended: self = .disconnected(peer)
        case .refused(let refusal): self = .refused(refusal)
        case .crowded, .checkBy: return nil
        }
    }
}
