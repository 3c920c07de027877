import NIOCore
import Synchronization

/// The open connections of a front.
final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isClosing = false
    }

    private let state = Mutex(State())

    /// Remembers a connection until it is closed. One that comes too late is closed at once.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isWelcome = state.withLock { state in
            if !state.isClosing { state.open[id] = channel }
            return !state.isClosing
        }
        guard isWelcome else { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.open[id] = nil } }
    }

    /// Lets each connection end with the request that it is at, and returns when all are closed: at the deadline at the
    /// latest, whatever goes on there.
    func close(by deadline: NIODeadline) async {
        let open = state.withLock { state in
            state.isClosing = true
            return Array(state.open.values)
        }
        for channel in open {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            let timer = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in timer.cancel() }
        }
        for channel in open { try? await channel.closeFuture.get() }
    }
}
