import Descriptors
import NIOCore
import Synchronization

/// The open connections of a front, and how many it may have.
final class ConnectionRegistry: Sendable {
    /// The number of a connection, in the order in which they were accepted.
    typealias ConnectionNumber = UInt64

    /// An open connection.
    final class OpenConnection: Sendable {
        fileprivate let channel: any Channel
        fileprivate let number: ConnectionNumber
        /// The instant since when no request is in progress, in nanoseconds of `NIODeadline`; `max` while one is.
        private let idleStart: Atomic<UInt64>

        fileprivate init(_ channel: any Channel, _ number: ConnectionNumber) {
            self.channel = channel
            self.number = number
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
        var open: [ConnectionNumber: OpenConnection] = [:]
        /// The connections that have been accepted, and have no channel yet.
        var reserved: Set<ConnectionNumber> = []
        var newest: ConnectionNumber = 0
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

    /// Counts a connection that has been accepted, until it is added or abandoned.
    func reserve() -> ConnectionNumber {
        state.withLock { state in
            state.newest += 1
            state.reserved.insert(state.newest)
            return state.newest
        }
    }

    /// Forgets a connection that will have no channel.
    func abandon(_ number: ConnectionNumber) {
        state.withLock { _ = $0.reserved.remove(number) }
    }

    /// Registers a connection that was reserved, until it is closed.
    ///
    /// - Throws: `ChannelError.ioOnClosedChannel` if it came too late.
    func add(_ channel: any Channel, as number: ConnectionNumber) throws(ChannelError) -> OpenConnection {
        let entry = OpenConnection(channel, number)
        let isWelcome = state.withLock { state in
            state.reserved.remove(number)
            if !state.isClosing { state.open[number] = entry }
            return !state.isClosing
        }
        guard isWelcome else { throw .ioOnClosedChannel }
        channel.closeFuture.whenComplete { _ in self.remove(number) }
        return entry
    }

    private func remove(_ number: ConnectionNumber) {
        let actions = state.withLock { state in
            state.open[number] = nil
            defer { state.onClose = [:] }
            return state.onClose.values
        }
        for action in actions { action() }
    }

    /// The number of connections for which there is still room: below the limit, and as far as the process has descriptors.
    /// It is negative if there are too many already.
    var room: Int { DescriptorReserve.room(for: count, of: limit) }

    var count: Int { state.withLock { $0.open.count + $0.reserved.count } }

    var hasIdle: Bool { state.withLock { $0.open.values.contains { $0.idleSince != nil } } }

    /// Closes connections that have been idle for longest: one in sixteen, up to as many, so that in a rush of new ones not
    /// each has to wait for another to be closed. The newest is spared.
    func closeLongestIdle() {
        let (open, newest) = state.withLock { (Array($0.open.values), $0.newest) }
        let idle = open.filter { $0.number != newest }.compactMap { entry in
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
