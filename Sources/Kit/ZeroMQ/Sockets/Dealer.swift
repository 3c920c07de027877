internal import ZMTP

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
