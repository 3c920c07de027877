/// The results of one subject under one load, over all rounds.
public struct Figures: Sendable {
    /// One round's figures.
    public struct Round: Sendable {
        public let number: Int
        /// The 50th percentile, in microseconds.
        public let median: Double
        public let callsPerSecond: Double
    }

    /// The times of all rounds.
    public private(set) var latencies = Latencies()
    public private(set) var rounds: [Round] = []
    public private(set) var failures = 0
    private var processorTime: Duration? = .zero

    init() {}

    mutating func add(_ sample: Sample, round: Int) {
        latencies.add(sample.latencies)
        failures += sample.failures
        processorTime = processorTime.flatMap { total in sample.processorTime.map { total + $0 } }
        guard let median = sample.latencies.percentile(50) else { return }
        rounds.append(
            Round(
                number: round, median: median / .microseconds(1),
                callsPerSecond: Double(sample.latencies.count) / (sample.elapsed / .seconds(1))))
    }

    /// Answered calls a second: the median of the rounds; 0 without one.
    public var callsPerSecond: Double { rounds.isEmpty ? 0 : rounds.map(\.callsPerSecond).sorted().median }

    /// Time of processors that a call takes on both sides together; `nil` where it cannot be known.
    public var processorTimePerCall: Duration? {
        latencies.count == 0 ? nil : processorTime.map { $0 / latencies.count }
    }

    /// The noise of the rounds: by which part of their median the rounds' medians differ, the middle half of them (the
    /// interquartile range). `nil` with fewer than four rounds.
    public var spread: Double? {
        guard rounds.count >= 4 else { return nil }
        let ordered = rounds.map(\.median).sorted()
        let (lower, upper) = (ordered.prefix(ordered.count / 2), ordered.suffix(ordered.count / 2))
        return (Array(upper).median - Array(lower).median) / ordered.median
    }

    /// This figure by the other's, round by round.
    ///
    /// - Returns: `nil` where they have no round in common.
    public func ratio(to other: Figures, of figure: KeyPath<Round, Double>) -> Ratio? {
        let others = Dictionary(other.rounds.map { ($0.number, $0[keyPath: figure]) }) { first, _ in first }
        return Ratio(rounds: rounds.compactMap { round in others[round.number].map { round[keyPath: figure] / $0 } })
    }
}
