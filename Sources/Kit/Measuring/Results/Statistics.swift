public import Histogram

/// The results of one subject under one load, over all rounds.
public struct Statistics: Sendable {
    /// One round's figures.
    public struct Round: Sendable {
        /// The number of the round, from 1.
        public let number: Int
        /// The 50th percentile, in microseconds.
        public let median: Double
        /// The rate of all callers together.
        public let callsPerSecond: Double
    }

    /// The times of all rounds.
    public private(set) var latencies = Latencies()
    /// The figures of each round, in their order.
    public private(set) var rounds: [Round] = []
    /// The number of calls that failed.
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

    /// Time of processors that a call takes on both sides together; `nil` if it cannot be known.
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
    /// - Returns: `nil` if they have no round in common.
    public func ratio(to other: Statistics, of figure: KeyPath<Round, Double>) -> Ratio? {
        let others = Dictionary(other.rounds.map { ($0.number, $0[keyPath: figure]) }) { first, _ in first }
        return Ratio(rounds: rounds.compactMap { round in others[round.number].map { round[keyPath: figure] / $0 } })
    }
}

/// The times of many calls, each to three digits (HdrHistogram).
public struct Latencies: Sendable {
    /// In nanoseconds.
    public private(set) var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

    /// No times yet.
    public init() {}

    /// The number of calls.
    public var count: Int { Int(histogram.totalCount) }

    /// Adds the time of so many calls.
    public mutating func record(_ time: Duration, count: Int = 1) {
        histogram.record(UInt64(max(time / .nanoseconds(1), 1)), count: UInt32(clamping: count))
    }

    /// Adds all times of another.
    public mutating func add(_ other: Latencies) {
        histogram.add(other.histogram)
    }

    /// The time within which so many of a hundred calls were answered.
    ///
    /// - Returns: `nil` if there are too few calls to say: the 99.9th percentile takes a thousand.
    public func percentile(_ percentile: Double) -> Duration? {
        guard Double(count) * (100 - percentile) >= 99.999 || (percentile <= 50 && count > 0) else { return nil }
        return .nanoseconds(Int64(clamping: histogram.valueAtPercentile(percentile)))
    }

    /// The longest time.
    public var longest: Duration { .nanoseconds(Int64(clamping: histogram.max)) }

    /// Each time that occurred, in nanoseconds, with how often it did.
    public var pairs: [[UInt64]] {
        histogram.recordedValues().map { [$0.value, UInt64($0.count)] }
    }

    /// The percentile distribution in microseconds, as HdrHistogram's tools and plotters read it (`.hgrm`).
    public var hgrm: String {
        var text = ""
        histogram.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1000)
        return text
    }
}

extension Latencies {
    /// - Parameter pairs: see ``pairs``. What is not a pair of positive numbers is passed over.
    public init(pairs: [[UInt64]]) {
        for pair in pairs where pair.count == 2 && pair[0] > 0 {
            record(.nanoseconds(Int64(clamping: pair[0])), count: Int(clamping: pair[1]))
        }
    }
}
