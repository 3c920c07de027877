import NIOCore
import NIOHTTP1
import NIOPosix
public import RPC
import Synchronization

/// Serves a dispatcher's contracts over HTTP/1.1, on SwiftNIO.
///
/// It translates and decides nothing; what it answers itself is OPTIONS, the ``Page``s, and the 400 to what is not HTTP.
/// A request is read on its connection's event loop, answered on the service's thread, and written by the event loop again.
/// A client that closes its connection cancels the call it waits for.
public final class HTTPFront: Front {
    private let settings: Settings
    private let responder: Responder
    private let connections = Connections()
    private let listener = Mutex<(any Channel)?>(nil)

    /// Makes a front that does not listen yet.
    ///
    /// - Parameters:
    ///   - dispatcher: answers the calls; its contracts are what is served.
    ///   - settings: where to listen, and what the limits are.
    ///   - pages: served beside the contracts.
    /// - Throws: ``RouteConflict`` where a page has the path of an endpoint or of another page.
    public init(
        _ dispatcher: Dispatcher, settings: Settings = Settings(), pages: [Page] = []
    ) throws(RouteConflict) {
        self.settings = settings
        responder = try Responder(dispatcher, pages: pages, bodyLimit: settings.bodyLimit)
    }

    /// Starts to listen.
    ///
    /// - Returns: one address, `http://host:port`, with the real port where the settings ask for any.
    /// - Throws: the system's error where the address cannot be had.
    public func start() async throws -> [String] {
        let (connections, responder, idleTimeout) = (connections, responder, settings.idleTimeout)
        let socket = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.add(channel)
                    let pipeline = channel.pipeline.syncOperations
                    // What is written is the mapping's: no field of it needs to be looked at once more.
                    try pipeline.configureHTTPServerPipeline(
                        withErrorHandling: false, withOutboundHeaderValidation: false)
                    try pipeline.addHandler(ConnectionHandler(responder, idleTimeout: idleTimeout))
                }
            }
            .bind(host: settings.host, port: settings.port)
            .get()
        listener.withLock { $0 = socket }
        return ["http://\(settings.authority(port: socket.localAddress?.port ?? settings.port))"]
    }

    /// Asks each client to leave, by `Connection: close`; calls are still answered.
    public func drain() async {
        responder.drain()
    }

    /// Stops to listen, refuses new calls, waits for the calls in flight at most as long as the settings say, and closes
    /// every connection.
    public func stop() async {
        responder.stop()
        guard let socket = listener.withLock({ socket in socket.take() }) else { return }
        try? await socket.close()
        await connections.close(by: .now() + TimeAmount(settings.stopTimeout))
    }

    /// Connections that the system keeps until they are accepted.
    private static let backlog: Int32 = 256
}
