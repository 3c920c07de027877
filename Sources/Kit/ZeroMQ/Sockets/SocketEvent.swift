public import ZMTP

/// An event of a ``Router``, ``Dealer``, ``Publisher`` or ``Subscriber``, on the socket's thread.
public enum SocketEvent: Sendable {
    /// The handshake with a peer is done: messages can flow. libzmq does not report it of a ``Router``.
    case connected(RoutingID)
    /// The frames are lent until the handler returns. A routing id, or what else only libzmq needs, is not among them.
    case message(Frames, from: RoutingID)
    /// A peer that read too slowly has caught up: messages to it are accepted again.
    case writable(RoutingID)
    /// A peer is gone, and with it whatever had not come yet; `nil` if libzmq does not say which one it was.
    case disconnected(RoutingID?)
}

/// The name that a socket gives to a connected peer, and never to another one.
public enum RoutingID: Hashable, Sendable {
    case number(UInt64)
    /// libzmq's.
    case bytes([UInt8])

    /// The one peer of a ``Dealer`` or a ``Subscriber``.
    public static let server = RoutingID.number(0)
}

/// A message to be sent.
public protocol OutboundMessage {
    /// Hands the frames on, in order; it is called for each peer that the message goes to.
    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void)
}

extension Address {
    /// True if libzmq is needed: for CURVE.
    func needsLibrary(_ options: SocketOptions) -> Bool {
        if case .none = options.security { false } else { isTCP }
    }
}
