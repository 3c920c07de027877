internal import ZMTP

/// A ROUTER at one address, on one thread: any number of peers, each with a ``RoutingID``.
///
/// `ipc://`, `inproc://` and `tcp://` without CURVE are spoken by this package itself, CURVE through libzmq.
public final class Router {
    private enum Engine {
        case stream(StreamListener)
        case library(LibraryListener)
    }

    private let engine: Engine

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
        if address.needsLibrary(options) {
            engine = .library(
                try LibraryListener(.router, at: address, in: context, options: options, on: thread, handler: handler))
        } else {
            engine = .stream(
                try StreamListener(as: .router, at: address, in: context, options: options, on: thread) {
                    number, event in
                    if let event = SocketEvent(event, of: .number(number)) { handler(event) }
                })
        }
    }

    /// The address, with the port that the system has chosen if none was asked for.
    public var address: Address {
        switch engine {
        case .stream(let listener): listener.address
        case .library(let listener): listener.address
        }
    }

    /// - Returns: `wouldBlock` if the peer reads too slowly, `unreachable` if it is gone.
    public func send(_ message: some OutboundMessage, to peer: RoutingID) -> SendResult {
        switch (engine, peer) {
        case (.stream(let listener), .number(let number)):
            listener.send(to: number) { writer in message.writeFrames { writer.append(frame: $0, isLast: $1) } }
        case (.library(let listener), .bytes(let routingID)): listener.send(message, to: routingID)
        case (.stream, .bytes), (.library, .number): .unreachable
        }
    }

    /// Closes all connections and gives the address back. What was sent last has the time of `SocketOptions.linger`.
    public func close() {
        switch engine {
        case .stream(let listener): listener.close()
        case .library(let listener): listener.close()
        }
    }
}

extension SocketEvent {
    /// - Returns: `nil` for what is the connection's own business.
    init?(_ event: StreamConnection.Event, of peer: RoutingID) {
        switch event {
        case .ready: self = .connected(peer)
        case .message(let frames): self = .message(frames, from: peer)
        case .writable: self = .writable(peer)
        case .ended: self = .disconnected(peer)
        case .checkBy: return nil
        }
    }
}
