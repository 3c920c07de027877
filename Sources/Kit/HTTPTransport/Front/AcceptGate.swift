import NIOCore

/// Accepts connections only while there is room for them. At the limit the one that has been idle for longest makes room. If
/// none is idle, the last one to come is kept as well, and those after it wait in the system.
final class AcceptGate: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let connections: ConnectionRegistry
    private var newest: (any Channel)?
    private var isPaused = false

    /// The time after which a gate looks again for room that has come from elsewhere in the process.
    private static let pause = TimeAmount.milliseconds(100)

    init(_ connections: ConnectionRegistry) {
        self.connections = connections
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        newest = channel
        connections.add(channel)
        context.fireChannelRead(data)
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
        if room > 0 || (room == 0 && connections.hasIdle) { return setReading(true, context) }
        connections.closeLongestIdle(sparing: newest)
        pause(context)
    }

    /// NIO would go on to try, and spin, if its channel were only not told to read.
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

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
