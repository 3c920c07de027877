public import Histogram

/// The times of many calls, each to three digits (HdrHistogram).
public struct Latencies: Sendable {
    /// In nanoseconds.
    public private(set) var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

    public init() {}

    public var count: Int { Int(histogram.totalCount) }

    public mutating func record(_ time: Duration, count: Int = 1) {
        histogram.record(UInt64(max(time / .nanoseconds(1), 1)), count: UInt32(clamping: count))
    }

    public mutating func add(_ other: Latencies) {
        histogram.add(other.histogram)
    }

    /// The time within which so many of a hundred calls were answered.
    ///
    /// - Returns: `nil` where there are too few calls to say: the 99.9th percentile takes a thousand.
    public func percentile(_ percentile: Double) -> Duration? {
        guard Double(count) * (100 - percentile) >= 99.999 || (percentile <= 50 && count > 0) else { return nil }
        return .nanoseconds(Int64(clamping: histogram.valueAtPercentile(percentile)))
    }

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
