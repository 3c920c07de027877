import Descriptors
import NIOCore
import Synchronization

/// The open connections of a front, and how many it may have.
final class ConnectionRegistry: Sendable {
    /// An open connection.
    final class OpenConnection: Sendable {
        fileprivate let channel: any Channel
        /// The instant since when no request is in progress, in nanoseconds of `NIODeadline`; `max` while one is.
        private let idleStart: Atomic<UInt64>

        fileprivate init(_ channel: any Channel) {
            self.channel = channel
            idleStart = Atomic(NIODeadline.now().uptimeNanoseconds)
        }

        func markBusy() { idleStart.store(.max, ordering: .relaxed) }
        func markIdle(since instant: NIODeadline) { idleStart.store(instant.uptimeNanoseconds, ordering: .relaxed) }

        fileprivate var idleSince: UInt64? {
            let start = idleStart.load(ordering: .relaxed)
            return start == .max ? nil : start
        }
    }

    private struct State {
        var open: [ObjectIdentifier: OpenConnection] = [:]
        var isClosing = false
        /// Called once when a connection has been closed, by whom it is for.
        var onClose: [ObjectIdentifier: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: the number of connections that may be open at once.
    init(limit: Int) {
        self.limit = limit
    }

    /// Registers a connection until it is closed. One that comes too late is closed at once.
    func add(_ channel: any Channel) {
        let (id, entry) = (ObjectIdentifier(channel), OpenConnection(channel))
        let isWelcome = state.withLock { state in
            if !state.isClosing { state.open[id] = entry }
            return !state.isClosing
        }
        guard isWelcome else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in self.remove(id) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let actions = state.withLock { state in
            state.open[id] = nil
            defer { state.onClose = [:] }
            return state.onClose.values
        }
        for action in actions { action() }
    }

    /// The entry of a connection that was added; `nil` if it came too late.
    subscript(channel: any Channel) -> OpenConnection? { state.withLock { $0.open[ObjectIdentifier(channel)] } }

    /// The number of connections for which there is still room: below the limit, and as far as the process has descriptors.
    /// It is negative if there are too many already.
    var room: Int { DescriptorReserve.room(for: count, of: limit) }

    var count: Int { state.withLock { $0.open.count } }

    var hasIdle: Bool { state.withLock { $0.open.values.contains { $0.idleSince != nil } } }

    /// Closes connections that have been idle for longest: one in sixteen, up to as many, so that in a rush of new ones not
    /// each has to wait for another to be closed.
    func closeLongestIdle(sparing spared: (any Channel)?) {
        let open = state.withLock { Array($0.open.values) }
        let idle = open.filter { $0.channel !== spared }.compactMap { entry in
            entry.idleSince.map { (start: $0, channel: entry.channel) }
        }
        let count = max(1, min(open.count / 16, 16))
        for (_, channel) in idle.sorted(by: { $0.start < $1.start }).prefix(count) { channel.close(promise: nil) }
    }

    /// Calls back once, when the next connection has been closed.
    func whenClosed(for owner: AnyObject, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onClose[ObjectIdentifier(owner)] = action }
    }

    /// Lets each connection end with the request that it is at, and returns when all are closed: at the deadline at the
    /// latest, whatever goes on there.
    func close(by deadline: NIODeadline) async {
        let open = state.withLock { state in
            state.isClosing = true
            return state.open.values.map(\.channel)
        }
        for channel in open {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            let timer = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in timer.cancel() }
        }
        for channel in open { try? await channel.closeFuture.get() }
    }
}

/// Accepts connections only while there is room for them. At the limit the one that has been idle for longest makes room. If
/// none is idle, the last one to come is kept as well, and those after it wait in the system.
final class AcceptGate: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let connections: ConnectionRegistry
    private var newest: (any Channel)?
    private var isPaused = false

    /// The time after which a gate checks again for room that has come from elsewhere in the process.
    private static let pause = TimeAmount.milliseconds(100)
    /// The connections that are accepted in one turn of the event loop, if there is ample room: if it has much to do, each
    /// turn takes long, and in a rush of new connections the last would wait for many.
    private static let batch = 64

    init(_ connections: ConnectionRegistry) {
        self.connections = connections
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        newest = channel
        connections.add(channel)
        context.fireChannelRead(data)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setBatch(connections.room, context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        makeRoom(context)
        context.fireChannelReadComplete()
    }

    /// Without a descriptor the next accept would fail at once, and again.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        pause(context)
    }

    private func makeRoom(_ context: ChannelHandlerContext) {
        let room = connections.room
        setBatch(room, context)
        if room > 0 || (room == 0 && connections.hasIdle) { return setReading(true, context) }
        connections.closeLongestIdle(sparing: newest)
        pause(context)
    }

    /// NIO would try again, and spin, if its channel only stopped reading.
    private func pause(_ context: ChannelHandlerContext) {
        guard !isPaused else { return }
        isPaused = true
        setReading(false, context)
        let loop = context.eventLoop
        let (me, context) = (NIOLoopBound(self, eventLoop: loop), NIOLoopBound(context, eventLoop: loop))
        let resume: @Sendable () -> Void = { me.value.resume(context.value) }
        connections.whenClosed(for: self) { loop.execute(resume) }
        loop.scheduleTask(in: Self.pause, resume)
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard isPaused, context.channel.isActive else { return }
        isPaused = false
        makeRoom(context)
    }

    private func setBatch(_ room: Int, _ context: ChannelHandlerContext) {
        let batch = room > Self.batch * 2 ? Self.batch : 1
        try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: UInt(batch))
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
