internal import ZMTP

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
