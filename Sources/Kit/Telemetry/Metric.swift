import CoreMetrics
import Synchronization

/// Something measured that can write itself.
protocol Metric: AnyObject, Sendable {
    /// Its type in Prometheus' words.
    var type: String { get }

    func write(_ series: Series, to text: inout String)
}

final class PrometheusCounter: Metric, CounterHandler {
    private let count = Atomic<Int64>(0)

    var type: String { "counter" }

    func increment(by amount: Int64) {
        count.add(amount, ordering: .relaxed)
    }

    func reset() {
        count.store(0, ordering: .relaxed)
    }

    func write(_ series: Series, to text: inout String) {
        text += series.line("\(count.load(ordering: .relaxed))")
    }
}

final class PrometheusGauge: Metric, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    var type: String { "gauge" }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(_ series: Series, to text: inout String) {
        text += series.line("\(value.withLock { $0 })")
    }
}

final class PrometheusHistogram: Metric, TimerHandler, RecorderHandler {
    /// Seconds, from a quick call to the longest deadline.
    private static let bounds = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 30]

    /// The same in nanoseconds: times are recorded many times a call, and whole numbers are quicker.
    private static let limits = bounds.map { Int64(($0 * 1e9).rounded()) }

    private struct State {
        var counts = [Int](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
    }

    private let state = Mutex(State())

    var type: String { "histogram" }

    func recordNanoseconds(_ nanoseconds: Int64) {
        let limits = Self.limits
        var bucket = 0
        // Most are short.
        while bucket < limits.count, limits[bucket] < nanoseconds { bucket += 1 }
        count(Double(nanoseconds) / 1e9, in: bucket)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        count(value, in: Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count)
    }

    private func count(_ value: Double, in bucket: Int) {
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ series: Series, to text: inout String) {
        let state = state.withLock { $0 }
        var total = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], state.counts) {
            total += count
            text += series.line(suffix: "_bucket", label: "le=\"\(bound)\"", "\(total)")
        }
        text += series.line(suffix: "_sum", "\(state.sum)")
        text += series.line(suffix: "_count", "\(total)")
    }
}

/// A sum and a count: as much as a rate or an average needs.
final class PrometheusSummary: Metric, TimerHandler {
    private let nanoseconds = Atomic<Int64>(0)
    private let count = Atomic<Int64>(0)

    var type: String { "summary" }

    func recordNanoseconds(_ nanoseconds: Int64) {
        self.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        count.wrappingAdd(1, ordering: .relaxed)
    }

    func write(_ series: Series, to text: inout String) {
        text += series.line(suffix: "_sum", "\(Double(nanoseconds.load(ordering: .relaxed)) / 1e9)")
        text += series.line(suffix: "_count", "\(count.load(ordering: .relaxed))")
    }
}
