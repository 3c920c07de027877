import Foundation
import NIOCore
import NIOPosix
import RPC
import Synchronization

/// The server side of JSON lines over a Unix socket.
public final class LineFront: Front {
    private let dispatcher: Dispatcher
    private let path: String
    private let connections = LineConnections()
    private let listener = Mutex<(any Channel)?>(nil)

    public init(_ dispatcher: Dispatcher, path: String) {
        self.dispatcher = dispatcher
        self.path = path
    }

    public func start() async throws -> [String] {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { [dispatcher, connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = LineConnection(dispatcher, connections)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
        let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        listener.withLock { $0 = channel }
        return [path]
    }

    /// Callers are not sent elsewhere: they see that the service is not ready.
    public func drain() async {}

    public func stop() async {
        dispatcher.beginStopping()
        try? await listener.withLock { $0.take() }?.close()
        await connections.end(within: .seconds(15))
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// The connections of a front, and the number of calls that they wait for.
private final class LineConnections: Sendable {
    private struct State {
        var calls = 0
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())

    func add(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = channel } }
    func remove(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }
    func callBegins() { state.withLock { $0.calls += 1 } }
    func callEnds() { state.withLock { $0.calls -= 1 } }

    /// Waits for the calls in flight, and closes all connections.
    func end(within time: Duration) async {
        let end = ContinuousClock.now + time
        while state.withLock({ $0.calls > 0 }), .now < end { try? await Task.sleep(for: .milliseconds(5)) }
        for channel in state.withLock({ $0.channels.values.map { $0 } }) { try? await channel.close() }
    }
}

/// A connection to a front: reads calls, starts them, and writes the replies in the order in which they come.
private final class LineConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let dispatcher: Dispatcher
    private let connections: LineConnections
    private var reader = LineReader()
    private var running: [Int: RunningCall] = [:]

    static let bodyLimit = 1024 * 1024

    init(_ dispatcher: Dispatcher, _ connections: LineConnections) {
        self.dispatcher = dispatcher
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) { connections.add(context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        for call in running.values { call.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = ContinuousClock.now
        for line in reader.lines(adding: unwrapInboundIn(data)) {
            guard let line = try? JSONDecoder().decode(CallLine.self, from: line) else {
                return context.close(promise: nil)
            }
            handle(line, received, context)
        }
    }

    private func handle(_ line: CallLine, _ received: ContinuousClock.Instant, _ context: ChannelHandlerContext) {
        guard let call = line.call(received: received, bodyLimit: Self.bodyLimit) else {
            running[line.id]?.cancel()
            return
        }
        let (channel, connections, id) = (context.channel, connections, line.id)
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        connections.callBegins()
        running[id] = dispatcher.start(call) { reply, call in
            let line = try? ReplyLine(id, reply, to: call).line()
            channel.eventLoop.execute {
                connection.value.running[id] = nil
                let written = channel.writeAndFlush(line ?? ByteBuffer())
                written.whenComplete { _ in connections.callEnds() }
            }
        }
    }
}
