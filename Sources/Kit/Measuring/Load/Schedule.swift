/// The times at which one caller's calls are due, and from which each is timed.
///
/// In an open loop a call that was due while the caller still waited for the one before is timed from when it was due,
/// so that a pause of the server is seen by every call that fell into it, and not by one (Tene's “coordinated
/// omission”). A call that was due while the caller slept is timed from when it leaves: how exactly a timer wakes is no
/// property of a wire. Beyond ``forgiven`` it is timed from when it was due all the same, for then something else has
/// paused.
public struct Schedule: Sendable {
    /// The next action of a caller.
    public enum CallerAction: Sendable, Equatable {
        /// To make a call, which is timed from this instant.
        case call(ContinuousClock.Instant)
        case wait(until: ContinuousClock.Instant)
        case end
    }

    /// The time by which a timer may wake its caller late.
    public static let forgiven = Duration.milliseconds(1)

    private let interval: Duration?
    private let end: ContinuousClock.Instant
    /// Nothing is begun after this: a subject that cannot keep the rate would be waited for without bound.
    private let limit: ContinuousClock.Instant
    private var due: ContinuousClock.Instant
    private var hasCalled = false

    /// The schedule of one caller.
    ///
    /// - Parameters:
    ///   - caller: its number, from 0, by which paced callers are spread.
    ///   - time: after which no more calls begin.
    public init(_ load: Workload, caller: Int = 0, from start: ContinuousClock.Instant, for time: Duration) {
        interval = load.callsPerSecond.map { .seconds(Double(load.callers) / $0) }
        due = start + (interval ?? .zero) * (Double(caller) / Double(load.callers))
        end = start + time
        limit = end + time
    }

    /// - Parameter wasBusy: true if no caller has been free until now.
    public mutating func action(at now: ContinuousClock.Instant, wasBusy: Bool) -> CallerAction {
        guard let interval else { return now < end ? .call(now) : .end }
        guard due < end, now < limit else { return .end }
        guard now >= due else { return .wait(until: due) }
        defer { due += interval }
        return .call(wasBusy || due.duration(to: now) > Self.forgiven ? due : now)
    }

    /// Waits until the caller's next call is due.
    ///
    /// - Returns: the instant from which it is timed; `nil` when no more are begun.
    mutating func next() async -> ContinuousClock.Instant? {
        var wasBusy = hasCalled
        while true {
            switch action(at: .now, wasBusy: wasBusy) {
            case .end: return nil
            case .call(let start):
                hasCalled = true
                return start
            case .wait(let due):
                wasBusy = false
                try? await Task.sleep(until: due, clock: .continuous)
            }
        }
    }

    /// The number of calls that were due and never begun. They count as failures.
    public var unsent: Int {
        guard let interval, due < end else { return 0 }
        return Int((due.duration(to: end) / interval).rounded(.up))
    }
}
