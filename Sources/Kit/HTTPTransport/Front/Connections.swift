import NIOCore
import NIOHTTPTypes
import RPC
import Synchronization

/// The open connections of a front.
final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: Connection]>([:])

    subscript(_ channel: any Channel) -> Connection? {
        open.withLock { $0[ObjectIdentifier(channel)] }
    }

    /// Closes every connection at once, whatever goes on there.
    func close() {
        for connection in open.withLock({ Array($0.values) }) { connection.close() }
    }

    fileprivate func add(_ channel: any Channel) -> Connection {
        let connection = Connection(channel)
        open.withLock { $0[ObjectIdentifier(channel)] = connection }
        return connection
    }

    fileprivate func remove(_ channel: any Channel) {
        open.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}

/// One connection, and the call that is being answered on it: HTTP/1.1 has one at a time.
final class Connection: Sendable {
    private struct State {
        var running: RunningCall?
        var isGone = false
        var origin: String?
    }

    private let channel: any Channel
    private let state = Mutex(State())

    fileprivate init(_ channel: any Channel) {
        self.channel = channel
    }

    /// The client's address, without its port.
    var origin: String? {
        state.withLock { state in
            if state.origin == nil { state.origin = channel.remoteAddress?.ipAddress }
            return state.origin
        }
    }

    /// Takes over the call that is being answered. A client that has gone meanwhile cancels it.
    func attach(_ call: RunningCall?) {
        let isGone = state.withLock { state in
            state.running = call
            return state.isGone
        }
        if isGone { call?.cancel() }
    }

    func close() {
        channel.close(promise: nil)
    }

    fileprivate func cancel() {
        let call = state.withLock { state in
            state.isGone = true
            return state.running
        }
        call?.cancel()
    }
}

/// Tells a connection what happens on its wire: when the client closes it, its call is cancelled.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let connections: Connections
    private var connection: Connection?

    init(_ connections: Connections) {
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        connection = connections.add(context.channel)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        connection = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { connection?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }
}
