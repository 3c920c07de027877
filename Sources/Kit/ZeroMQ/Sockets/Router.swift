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

    /// The address, with the port that the system has chosen if none was asked for.
    public var address: Address { listener.address }

    /// - Returns: `wouldBlock` if the peer reads too slowly, `unreachable` if it is gone.
    public func send(_ message: some OutboundMessage, to peer: RoutingID) -> SendResult {
        listener.send(to: peer.number) { writer in message.writeFrames { writer.append(frame: $0, isLast: $1) } }
    }

    /// Closes all connections and gives the address back. What was sent last has the time of `SocketOptions.linger`.
    public func close() { listener.close() }
}
