/// Spreads the retries of refused callers: each may come a little later than the one before, so that they do not all
/// come at once.
public struct RetrySchedule: Sendable {
    /// The longest time to wait that is sent to anybody.
    private static let maxPause = Duration.seconds(300)

    /// The instant at which the last of the refused callers may retry.
    private var end: ContinuousClock.Instant?

    /// A schedule on which no caller waits yet.
    public init() {}

    /// The time after which one more may come.
    ///
    /// - Parameters:
    ///   - pause: after how long the first may.
    ///   - interval: from one to the next.
    public mutating func next(
        after pause: Duration, interval: Duration, at now: ContinuousClock.Instant
    ) -> Duration {
        let first = now + pause
        let next = min(end.map { max(first, $0 + interval) } ?? first, now + max(pause, Self.maxPause))
        end = next
        return now.duration(to: next)
    }
}
