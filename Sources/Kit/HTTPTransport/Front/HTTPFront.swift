import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import RPC
import Synchronization

/// Serves a dispatcher's contracts over HTTP/1.1, on Hummingbird's server.
///
/// It translates and decides nothing; what it answers itself is OPTIONS, the ``Page``s, and the 400 to what is not HTTP.
/// A client that closes its connection cancels the call it waits for.
public final class HTTPFront: Front {
    private struct Running {
        let server: Server<HTTP1Channel>
        let task: Task<Void, any Error>
    }

    private let settings: Settings
    private let responder: Responder
    private let logger: Logger
    private let running = Mutex<Running?>(nil)

    /// Makes a front that does not listen yet.
    ///
    /// - Parameters:
    ///   - dispatcher: answers the calls; its contracts are what is served.
    ///   - settings: where to listen, and what the limits are.
    ///   - pages: served beside the contracts.
    ///   - logger: gets a line at the start, and at level trace what goes wrong with single connections. Calls are logged
    ///     by the dispatcher's interceptors.
    /// - Throws: ``RouteConflict`` where a page has the path of an endpoint or of another page.
    public init(
        _ dispatcher: Dispatcher, settings: Settings = Settings(), pages: [Page] = [],
        logger: Logger = Logger(label: "http")
    ) throws(RouteConflict) {
        self.settings = settings
        self.logger = logger
        responder = try Responder(dispatcher, pages: pages, bodyLimit: settings.bodyLimit)
    }

    /// Starts to listen.
    ///
    /// - Returns: one address, `http://host:port`, with the real port where the settings ask for any.
    /// - Throws: the system's error where the address cannot be had.
    public func start() async throws -> [String] {
        let (ports, bound) = AsyncThrowingStream<Int, any Error>.makeStream()
        let server = makeServer { bound.yield($0) }
        let task = Task {
            do {
                try await server.run()
                bound.finish()
            } catch {
                bound.finish(throwing: error)
                throw error
            }
        }
        running.withLock { $0 = Running(server: server, task: task) }
        for try await port in ports { return ["http://\(settings.authority(port: port))"] }
        throw CancellationError()
    }

    /// Asks each client to leave, by `Connection: close`; calls are still answered.
    public func drain() async {
        responder.drain()
    }

    /// Stops to listen, refuses new calls, waits for the calls in flight at most as long as the settings say, and closes every connection.
    public func stop() async {
        responder.stop()
        guard let running = running.withLock({ running in running.take() }) else { return }
        let ticket = Deadlines.shared.schedule(at: .now + settings.stopTimeout) { [responder] in
            responder.connections.close()
        }
        try? await running.server.shutdownGracefully()
        try? await running.task.value
        Deadlines.shared.cancel(ticket)
    }

    private func makeServer(onBound: @escaping @Sendable (Int) -> Void) -> Server<HTTP1Channel> {
        let responder = responder
        let channel = HTTP1Channel(
            responder: { try await responder.respond($0, $1, $2) },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionHandler(responder.connections), UnreadableHandler { responder.unreadable() },
                ],
                idleTimeout: TimeAmount(settings.idleTimeout)))
        return Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(address: .hostname(settings.host, port: settings.port)),
            onServerRunning: { onBound($0.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
    }
}
