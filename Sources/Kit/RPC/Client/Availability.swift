import Synchronization

/// The number of replicas of a service that are in use, and the calls that wait for one.
final class Availability: Sendable {
    private struct State {
        var count = 0
        /// Until then calls wait for a replica; `nil` while it is not known which there are.
        var waitEnd: ContinuousClock.Instant?
        var lastID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]

        mutating func removeWaiting() -> [CheckedContinuation<Void, Never>] {
            defer { waiting = [:] }
            return Array(waiting.values)
        }
    }

    /// The time that calls wait when the last replica has gone.
    static let waitLimit = Duration.milliseconds(500)

    private let state = Mutex(State())
    /// Called when a replica has gone out of use.
    private let lost: @Sendable () -> Void

    init(lost: @escaping @Sendable () -> Void = {}) {
        self.lost = lost
    }

    var count: Int { state.withLock(\.count) }

    /// A replica has come into use.
    func add() {
        let waiting = state.withLock { state in
            state.count += 1
            return state.removeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// A replica has gone out of use.
    func remove() {
        state.withLock { state in
            state.count -= 1
            if state.count == 0 { state.waitEnd = .now + Self.waitLimit }
        }
        lost()
    }

    /// It is known which replicas there are, though none may be in use yet: calls do not wait for them for ever.
    func limitWaiting() {
        let waiting = state.withLock { state in
            guard state.waitEnd == nil else { return [CheckedContinuation<Void, Never>]() }
            state.waitEnd = .now + Self.waitLimit
            return state.removeWaiting()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits until a replica is in use, at most until the deadline or the end of that limit.
    ///
    /// - Returns: true if one is.
    func untilOneIsInUse(by deadline: ContinuousClock.Instant) async -> Bool {
        while !Task.isCancelled {
            let (count, end) = state.withLock { ($0.count, min(deadline, $0.waitEnd ?? deadline)) }
            guard count == 0 else { return true }
            guard end > .now else { return false }
            await change(by: end)
        }
        return false
    }

    /// Waits until a replica has come into use, or something else may have changed.
    private func change(by end: ContinuousClock.Instant) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let timer = TimerQueue.shared.schedule(at: end) { self.resume(id) }
        defer { TimerQueue.shared.cancel(timer) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayWait = state.withLock { state in
                    guard state.count == 0, end > .now else { return false }
                    state.waiting[id] = continuation
                    return true
                }
                if !mayWait { continuation.resume() }
                // A cancellation that came earlier found nothing to resume.
                if Task.isCancelled { resume(id) }
            }
        } onCancel: {
            resume(id)
        }
    }

    private func resume(_ id: Int) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
}
