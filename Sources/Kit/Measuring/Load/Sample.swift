/// The observations of a subject under a load, for a while.
public struct Sample: Sendable {
    public var latencies = Latencies()
    /// Calls that were refused, lost, or due and never begun.
    public var failures = 0
    /// From the first call to the last answer.
    public var elapsed = Duration.zero
    /// Time of processors that both sides took together; `nil` where it cannot be known.
    public var processorTime: Duration?

    public init() {}

    mutating func add(_ tally: CallCounts) {
        for time in tally.times { latencies.record(time) }
        failures += tally.failures
    }
}
