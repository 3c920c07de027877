internal import ZMTP

/// A SUB with one publisher, on one thread. It connects and subscribes by itself, again and again; what is published while
/// there is no connection is lost.
public final class Subscriber {
    private enum Engine {
        case stream(StreamConnector)
        case library(LibraryConnector)
    }

    /// Set once, at the end of the initializer.
    private var engine: Engine?

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
        let prefix = Array(prefix.utf8)
        if address.needsLibrary(options) {
            engine = .library(
                try LibraryConnector(
                    .sub, to: address, prefix: prefix, in: context, options: options, on: thread, handler: handler))
        } else {
            engine = .stream(
                try StreamConnector(as: .sub, to: address, in: context, options: options, on: thread) {
                    [unowned self] event in
                    if case .ready = event { subscribe(to: prefix) }
                    if let event = SocketEvent(event, of: .server) { handler(event) }
                })
        }
    }

    private func subscribe(to prefix: [UInt8]) {
        guard case .stream(let connector) = engine else { return }
        _ = connector.send { $0.append(subscription: prefix) }
    }

    /// Closes the connection, without an event.
    public func close() {
        switch engine {
        case .stream(let connector): connector.close()
        case .library(let connector): connector.close()
        case nil: break
        }
    }
}
