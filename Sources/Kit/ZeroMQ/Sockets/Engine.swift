internal import EventLoop
internal import ZMTP

/// The implementation of ZMTP that speaks on the wires of a ``Context``. Peers notice no difference.
public enum Engine: String, Sendable, CaseIterable {
    /// This package's own.
    case builtIn = "built-in"
    /// libzmq, over `ipc://` and `tcp://`; a server with CURVE wants a ``ZAPHandler``.
    ///
    /// It knows less of its peers: a ``Router`` learns of one by its first message, and does not serve a second one that has
    /// chosen the same routing id; connections and unfinished messages have no limit; a socket's file that was removed is not
    /// made anew; and the process ends if it has no descriptor left for a connection.
    case libzmq
}

/// The listening side of a socket, by its engine.
enum EngineListener {
    case builtIn(StreamListener)
    case libzmq(LibzmqListener)

    /// - Parameter role: `router` or `pub`.
    init(
        as role: ZMTPSession.SocketRole, at address: Address, in context: Context, options: SocketOptions,
        on thread: SocketThread, quickReply: Router.QuickReply? = nil, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        switch context.engine(for: address) {
        case .builtIn:
            self = .builtIn(
                try StreamListener(
                    as: role, at: address, in: context, options: options, on: thread, quickReply: quickReply,
                    handler: handler))
        case .libzmq:
            self = .libzmq(
                try LibzmqListener(
                    as: role == .pub ? .pub : .router, at: address, in: context, options: options, on: thread,
                    quickReply: quickReply, handler: handler))
        }
    }

    var address: Address {
        switch self {
        case .builtIn(let listener): listener.address
        case .libzmq(let listener): listener.address
        }
    }

    func close() {
        switch self {
        case .builtIn(let listener): listener.close()
        case .libzmq(let listener): listener.close()
        }
    }
}

/// The connecting side of a socket, by its engine.
enum EngineConnector {
    case builtIn(StreamConnector)
    case libzmq(LibzmqConnector)

    /// - Parameters:
    ///   - role: `dealer` or `sub`.
    ///   - prefix: of the topics that a SUB wants.
    init(
        as role: ZMTPSession.SocketRole, to address: Address, prefix: String = "", in context: Context,
        options: SocketOptions, on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        switch context.engine(for: address) {
        case .builtIn:
            self = .builtIn(
                try StreamConnector(
                    as: role, to: address, prefix: prefix, in: context, options: options, on: thread, handler: handler))
        case .libzmq:
            self = .libzmq(
                try LibzmqConnector(
                    as: role == .sub ? .sub : .dealer, to: address, prefix: prefix, in: context, options: options,
                    on: thread, handler: handler))
        }
    }

    func renew() {
        switch self {
        case .builtIn(let connector): connector.renew()
        case .libzmq(let connector): connector.renew()
        }
    }

    func close() {
        switch self {
        case .builtIn(let connector): connector.close()
        case .libzmq(let connector): connector.close()
        }
    }
}
