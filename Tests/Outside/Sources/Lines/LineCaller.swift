import Endpoints
import Foundation
import NIOCore
import NIOPosix
import RPC

/// The client side of JSON lines over a Unix socket: one connection, made when it is needed, with any number of calls in
/// flight.
public actor LineCaller: Caller {
    private struct PendingCall {
        let continuation: CheckedContinuation<Reply, Never>
        let timer: TimerQueue.TimerHandle
        let timing: ReportedTimings?
        /// The connection that it was sent by.
        var connection: ObjectIdentifier?
    }

    private enum State {
        case idle
        case connecting(Task<any Channel, any Error>)
        case connected(any Channel)
        case closed
    }

    private let path: String
    private var state = State.idle
    private var pending: [Int: PendingCall] = [:]
    private var lastID = 0

    public init(path: String) {
        self.path = path
    }

    public nonisolated var transport: Transport { .lines }

    public var isConnected: Bool {
        get async { (try? await channel())?.isActive == true }
    }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let deadline = call.received + (call.timeout ?? endpoint.deadline)
        guard deadline > .now else { return .failure(.late) }
        lastID += 1
        let id = lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = TimerQueue.shared.schedule(at: deadline) {
                    Task { await self.giveUp(id, .deadlineExceeded) }
                }
                pending[id] = PendingCall(continuation: continuation, timer: timer, timing: call.timing)
                // A cancellation that came earlier found nothing to give up.
                if Task.isCancelled { return giveUp(id, .cancelled) }
                Task { await send(id, call, by: deadline) }
            }
        } onCancel: {
            Task { await self.giveUp(id, .cancelled) }
        }
    }

    public func close() async {
        let channel = if case .connected(let channel) = state { channel } else { (any Channel)?.none }
        state = .closed
        failAll()
        try? await channel?.close()
    }
}

extension LineCaller {
    private func send(_ id: Int, _ call: Call, by deadline: ContinuousClock.Instant) async {
        do {
            let channel = try await channel()
            guard pending[id] != nil else { return }
            pending[id]?.connection = ObjectIdentifier(channel)
            let remaining = ContinuousClock.now.duration(to: deadline)
            channel.writeAndFlush(try CallLine(id, call, remaining: remaining).line(), promise: nil)
        } catch {
            finish(id, .failure(.notConnected))
        }
    }

    private func giveUp(_ id: Int, _ problem: Problem) {
        guard let call = pending[id] else { return }
        if call.connection != nil, case .connected(let channel) = state,
            let line = try? CallLine.cancellation(of: id).line()
        {
            channel.writeAndFlush(line, promise: nil)
        }
        finish(id, .failure(problem))
    }

    private func finish(_ id: Int, _ reply: Reply) {
        guard let call = pending.removeValue(forKey: id) else { return }
        TimerQueue.shared.cancel(call.timer)
        call.continuation.resume(returning: reply)
    }

    private func failAll() {
        for (id, call) in pending { finish(id, .failure(call.connection == nil ? .notConnected : .lost)) }
    }

    /// The connection, which is made if there is none.
    private func channel() async throws -> any Channel {
        switch state {
        case .connected(let channel) where channel.isActive: return channel
        case .connecting(let task): return try await task.value
        case .closed: throw Problem.notConnected
        case .idle, .connected: break
        }
        let task = Task { try await connect() }
        state = .connecting(task)
        do {
            let channel = try await task.value
            if case .connecting = state { state = .connected(channel) }
            return channel
        } catch {
            if case .connecting = state { state = .idle }
            throw error
        }
    }

    private func connect() async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReplyReader(self))
                }
            }
            .connect(unixDomainSocketPath: path).get()
    }

    fileprivate func receive(_ lines: [ReplyLine]) {
        for line in lines {
            if let timing = line.timing { pending[line.id]?.timing?.record(header: timing) }
            finish(line.id, line.reply)
        }
    }

    fileprivate func ended(_ connection: ObjectIdentifier) {
        for (id, call) in pending where call.connection == connection { finish(id, .failure(.lost)) }
    }
}

/// Reads replies, and the end of the connection.
private final class ReplyReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum Event {
        case replies([ReplyLine])
        case end(ObjectIdentifier)
    }

    private var reader = LineReader()
    private let events: AsyncStream<Event>.Continuation

    init(_ caller: LineCaller) {
        let (stream, events) = AsyncStream<Event>.makeStream()
        self.events = events
        Task {
            for await event in stream {
                switch event {
                case .replies(let lines): await caller.receive(lines)
                case .end(let connection): await caller.ended(connection)
                }
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let lines = reader.lines(adding: unwrapInboundIn(data))
        let replies = lines.compactMap { try? JSONDecoder().decode(ReplyLine.self, from: $0) }
        if replies.count < lines.count { context.close(promise: nil) }
        events.yield(.replies(replies))
    }

    func channelInactive(context: ChannelHandlerContext) {
        events.yield(.end(ObjectIdentifier(context.channel)))
        events.finish()
    }
}
