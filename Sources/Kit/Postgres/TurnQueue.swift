import DequeModule
import Synchronization

/// The turns of those who want a connection: in the order of their requests, bounded in number, and one at a time for those that
/// want to be alone of their kind.
final class TurnQueue: Sendable {
    struct Turn: Sendable {
        fileprivate let number: Int
        fileprivate let isExclusive: Bool
    }

    fileprivate struct Waiter {
        let turn: Turn
        let continuation: CheckedContinuation<Void, any Error>
    }

    fileprivate struct State {
        var shared = Deque<Waiter>()
        var exclusive = Deque<Waiter>()
        var lastNumber = 0
        var running = 0
        var isExclusiveRunning = false
        /// Fewer turns at a time than are allowed, for as long as it holds.
        var restriction: (turns: Int, until: ContinuousClock.Instant)?
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let turns: Int
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - turns: how many there are at a time.
    ///   - capacity: how many may wait for one.
    init(turns: Int, capacity: Int) {
        self.turns = turns
        self.capacity = capacity
    }

    /// Waits for a turn, which must be given to ``end(_:)``.
    ///
    /// - Parameter isExclusive: true if it runs beside no other exclusive one.
    /// - Throws: ``PostgresError/full``, ``PostgresError/closed``; `CancellationError`.
    func turn(isExclusive: Bool) async throws -> Turn {
        let turn = state.withLock { state in
            state.lastNumber += 1
            return Turn(number: state.lastNumber, isExclusive: isExclusive)
        }
        try await wait(for: turn, capacity)
        return turn
    }

    /// Ends a turn that could not be used and waits for it again, before all others.
    ///
    /// - Parameters:
    ///   - available: how many turns at a time there are for a while.
    ///   - time: for how long.
    /// - Throws: as ``turn(isExclusive:)``; the turn has ended then.
    func postpone(_ turn: Turn, available: Int, for time: Duration) async throws {
        state.withLock { $0.restriction = (max(1, available), .now + time) }
        end(turn)
        try await wait(for: turn, .max)
    }

    func end(_ turn: Turn) {
        let (next, closers) = state.withLock { state in
            state.running -= 1
            if turn.isExclusive { state.isExclusiveRunning = false }
            return (state.startNext(of: turns), state.removeClosers())
        }
        for waiter in next { waiter.continuation.resume() }
        for closer in closers { closer.resume() }
    }

    /// Refuses all that wait and come, and waits for the end of those that run.
    func close() async {
        let refused = state.withLock { state in
            defer { (state.shared, state.exclusive, state.isClosed) = ([], [], true) }
            return state.shared + state.exclusive
        }
        for waiter in refused { waiter.continuation.resume(throwing: PostgresError.closed) }
        await withCheckedContinuation { continuation in
            let closers = state.withLock { state in
                state.closers.append(continuation)
                return state.removeClosers()
            }
            for closer in closers { closer.resume() }
        }
    }

    private func wait(for turn: Turn, _ capacity: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (started, refusal) = state.withLock { state -> ([Waiter], (any Error)?) in
                    // A task that is cancelled from now on finds its waiter in the queue.
                    if Task.isCancelled { return ([], CancellationError()) }
                    if state.isClosed { return ([], PostgresError.closed) }
                    let isFull = state.shared.count + state.exclusive.count >= capacity
                    state.insert(Waiter(turn: turn, continuation: continuation))
                    let started = state.startNext(of: turns)
                    guard isFull, state.remove(turn) != nil else { return (started, nil) }
                    return (started, PostgresError.full)
                }
                for waiter in started { waiter.continuation.resume() }
                if let refusal { continuation.resume(throwing: refusal) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.remove(turn) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}

extension TurnQueue.State {
    /// Starts those that may start now.
    fileprivate mutating func startNext(of turns: Int) -> [TurnQueue.Waiter] {
        var started: [TurnQueue.Waiter] = []
        while running < allowed(of: turns), let next = popFirst() {
            running += 1
            if next.turn.isExclusive { isExclusiveRunning = true }
            started.append(next)
        }
        return started
    }

    private func allowed(of turns: Int) -> Int {
        guard let restriction, restriction.until > .now else { return turns }
        return min(turns, restriction.turns)
    }

    private mutating func popFirst() -> TurnQueue.Waiter? {
        guard let writer = isExclusiveRunning ? nil : exclusive.first else { return shared.popFirst() }
        guard let reader = shared.first, reader.turn.number < writer.turn.number else { return exclusive.popFirst() }
        return shared.popFirst()
    }

    /// Numbers grow: only a turn that is waited for again is put before others.
    fileprivate mutating func insert(_ waiter: TurnQueue.Waiter) {
        let lane = waiter.turn.isExclusive ? \TurnQueue.State.exclusive : \.shared
        if let first = self[keyPath: lane].first, waiter.turn.number < first.turn.number {
            self[keyPath: lane].prepend(waiter)
        } else {
            self[keyPath: lane].append(waiter)
        }
    }

    @discardableResult
    fileprivate mutating func remove(_ turn: TurnQueue.Turn) -> TurnQueue.Waiter? {
        let lane = turn.isExclusive ? \TurnQueue.State.exclusive : \.shared
        guard let index = self[keyPath: lane].lastIndex(where: { $0.turn.number == turn.number }) else { return nil }
        return self[keyPath: lane].remove(at: index)
    }

    fileprivate mutating func removeClosers() -> [CheckedContinuation<Void, Never>] {
        guard running == 0 else { return [] }
        defer { closers = [] }
        return closers
    }
}
