import ZMTP
import ZeroMQ

/// Where a front listens: it knows peers by name, and lives on the front's thread.
protocol Listener: AnyObject {
    /// Where it really listens: with the port, where the kernel chose one.
    var address: Address { get }

    /// - Returns: `wouldBlock` where the peer reads too slowly, `unreachable` where it is gone.
    func send(_ message: Outgoing, to path: ReturnPath) -> SendResult

    /// Lets go of all connections and of the address.
    func close()
}

/// What a listener tells its front.
enum ListenerEvent {
    /// The frames are lent until the handler returns; what only libzmq needs is not among them.
    case message(Frames, PeerName)
    /// A peer that read too slowly has caught up.
    case room(PeerName)
    case gone(PeerName)
    /// Some peer is gone, and which one, only an attempt to send tells.
    case someGone
}

/// How a listener knows a connected peer.
enum PeerName: Hashable, Sendable {
    case number(UInt64)
    /// libzmq's routing id.
    case routingID([UInt8])
}
