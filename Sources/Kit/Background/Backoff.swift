/// Pauses between attempts, each twice as long as the one before, up to a maximum.
public struct Backoff: Sendable {
    private let initial: Duration
    private let max: Duration
    private let jitter: ClosedRange<Double>
    private var pause: Duration

    /// - Parameters:
    ///   - initial: the first pause.
    ///   - max: the longest pause that the others grow to.
    ///   - jitter: the part of a pause that is waited, at random, so that those who failed together do not come back together;
    ///     `1...1` for the whole pause.
    public init(initial: Duration, max: Duration, jitter: ClosedRange<Double> = 0.5...1) {
        self.initial = initial
        self.max = max
        self.jitter = jitter
        pause = initial
    }

    /// Returns the pause before the next attempt, and lengthens the one after it.
    public mutating func next() -> Duration {
        defer { pause = min(pause * 2, max) }
        return jitter.lowerBound == jitter.upperBound ? pause * jitter.lowerBound : pause * .random(in: jitter)
    }

    /// Begins again with the first pause, as after a success.
    public mutating func reset() { pause = initial }
}
