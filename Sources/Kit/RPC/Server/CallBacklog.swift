import Synchronization

/// The calls that wait for their service's actor, and the time that one more would wait.
///
/// With it a front on another thread finds out if a call can be begun in good time, before it reads more than the call's
/// target and time. Only calls of such fronts are counted: a front on the actor's own thread begins its calls in place, in
/// turns between which these begin, and estimates their wait itself. One estimate for both would have calls of one refused
/// for the load of the other; and from here only beginnings are seen, of which a mean needs several in a row.
final class CallBacklog: Sendable {
    /// So many calls in a row make a measurement.
    private static let sample: Int64 = 32

    private let waiting = Atomic<Int64>(0)
    /// The mean time from the beginning of one waiting call to that of the next, in nanoseconds; later ones weigh more.
    private let interval = Atomic<Int64>(0)
    /// The measurement that goes on, touched by the actor only: how many calls have begun in a row, and since when.
    private let begun = Atomic<Int64>(0)
    private let start = Atomic<Int64>(0)
    private let congestion = Mutex(Congestion())

    /// False if nothing waits: then a call can be begun at once.
    var isEmpty: Bool { waiting.load(ordering: .relaxed) == 0 }

    /// The time that one more call would wait; zero as long as too few have waited to know.
    var wait: Duration {
        .nanoseconds(waiting.load(ordering: .relaxed) * interval.load(ordering: .relaxed))
    }

    /// True if one more call should be refused: it would wait for more than half of what is left of its time; or calls come here
    /// with less than half of it left, and that goes on.
    func isTooLong(after waited: Duration, remaining: Duration, at now: ContinuousClock.Instant) -> Bool {
        let wait = wait
        return wait + wait > remaining || congestion.withLock { $0.holds(after: waited, remaining: remaining, at: now) }
    }

    /// A call waits from now on.
    func enter() { waiting.add(1, ordering: .relaxed) }

    /// A call that has waited begins; on the actor.
    ///
    /// - Parameter now: the time since any instant, in nanoseconds.
    func begin(at now: Int64) {
        let left = waiting.subtract(1, ordering: .relaxed).newValue
        let count = begun.load(ordering: .relaxed)
        if count == 0 { start.store(now, ordering: .relaxed) }
        if count == Self.sample { measure(until: now) }
        // Without another one that waits, the next to begin says nothing.
        begun.store(left == 0 ? 0 : count % Self.sample + 1, ordering: .relaxed)
    }

    private func measure(until now: Int64) {
        let mean = (now - start.load(ordering: .relaxed)) / Self.sample
        let old = interval.load(ordering: .relaxed)
        interval.store(old == 0 ? mean : (old * 3 + mean) / 4, ordering: .relaxed)
        start.store(now, ordering: .relaxed)
    }
}
