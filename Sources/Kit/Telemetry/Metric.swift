import CoreMetrics
import Synchronization

/// Something measured that can write itself.
protocol Metric: AnyObject, Sendable {
    /// Its type in Prometheus' words.
    var type: String { get }

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String)
}

extension Metric {
    /// The name of its family in OpenMetrics, where `_total` belongs to the sample of a counter.
    func openMetricsFamily(of name: String) -> String {
        let suffix = "_total"
        return type == "counter" && name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
    }

    /// The names that its family and its lines have in either form.
    func lineNames(of name: String) -> [String] {
        switch type {
        case "counter":
            let family = openMetricsFamily(of: name)
            return [family, family + "_total"]
        case "histogram": return [name, name + "_bucket", name + "_sum", name + "_count"]
        case "summary": return [name, name + "_sum", name + "_count"]
        default: return [name]
        }
    }

    /// The line of a counter's sample: OpenMetrics wants its name to end with `_total`.
    fileprivate func counterLine(_ series: Series, _ value: String, _ format: Prometheus.Exposition) -> String {
        let needsSuffix = format == .openMetrics && !series.name.hasSuffix("_total")
        return series.line(suffix: needsSuffix ? "_total" : "", value)
    }
}

final class PrometheusCounter: Metric, CounterHandler, FloatingPointCounterHandler {
    private let count = Atomic<Int64>(0)
    /// The sum of what was added in fractions.
    private let amount = Mutex(0.0)

    var type: String { "counter" }

    func increment(by amount: Int64) {
        count.add(amount, ordering: .relaxed)
    }

    /// A counter never falls, so what is no amount is not counted.
    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        self.amount.withLock { $0 += amount }
    }

    func reset() {
        count.store(0, ordering: .relaxed)
        amount.withLock { $0 = 0 }
    }

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String) {
        let (count, amount) = (count.load(ordering: .relaxed), amount.withLock { $0 })
        text += counterLine(series, amount == 0 ? "\(count)" : (Double(count) + amount).exposed, format)
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

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String) {
        text += series.line(value.withLock { $0 }.exposed)
    }
}

/// A metric that is read when it is printed.
public final class ObservedMetric: Metric {
    /// The type, as Prometheus knows it.
    public enum MetricType: String, Sendable {
        case counter, gauge
    }

    private let kind: MetricType
    private let value: @Sendable () -> Double

    init(_ kind: MetricType, _ value: @escaping @Sendable () -> Double) {
        self.kind = kind
        self.value = value
    }

    var type: String { kind.rawValue }

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String) {
        let value = value()
        let written = Int(exactly: value).map(String.init) ?? value.exposed
        text += kind == .counter ? counterLine(series, written, format) : series.line(written)
    }
}

extension Double {
    /// The number as Prometheus and OpenMetrics write it.
    fileprivate var exposed: String {
        if isNaN { return "NaN" }
        if isInfinite { return self > 0 ? "+Inf" : "-Inf" }
        return description
    }
}

package final class PrometheusHistogram: Metric, TimerHandler, RecorderHandler {
    /// The upper bounds of the buckets of a timer: seconds, from a quick call to the longest deadline.
    static let seconds = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 30]

    /// Those of a recorder, whose unit is not known: fine for counts up to some thousands, coarse for fractions and for bytes.
    static let magnitudes: [Double] = [
        0.001, 0.01, 0.1, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1e3, 2.5e3, 5e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
    ]

    private struct State {
        var counts: [Int]
        var sum = 0.0
        /// The last measurement with a trace, by bucket; empty until there is one.
        var exemplars: [Exemplar?] = []
        /// The instants from which the exemplar of each bucket may be replaced.
        var replaceable: [ContinuousClock.Instant]

        init(buckets: Int) {
            counts = Array(repeating: 0, count: buckets)
            replaceable = Array(repeating: .now, count: buckets)
        }
    }

    private struct Exemplar {
        let traceID: String
        let value: Double
    }

    /// A bucket keeps its exemplar for so long: a newer one for each call would cost each call.
    private static let exemplarTime = Duration.seconds(1)

    private let bounds: [Double]
    /// The bounds in nanoseconds: times are recorded many times a call, and whole numbers are quicker.
    private let limits: [Int64]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        limits = bounds.map { Int64(($0 * 1e9).rounded()) }
        state = Mutex(State(buckets: bounds.count + 1))
    }

    var type: String { "histogram" }

    package func recordNanoseconds(_ nanoseconds: Int64) {
        count(Double(nanoseconds) / 1e9, in: bucket(of: nanoseconds))
    }

    /// Records a time that was measured at an instant in a trace.
    package func recordNanoseconds(
        _ nanoseconds: Int64, at now: ContinuousClock.Instant, traceID: @autoclosure () -> String
    ) {
        let (value, bucket) = (Double(nanoseconds) / 1e9, bucket(of: nanoseconds))
        let isDue = state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
            return state.replaceable[bucket] <= now
        }
        guard isDue else { return }
        let exemplar = Exemplar(traceID: traceID(), value: value)
        state.withLock { state in
            if state.exemplars.isEmpty { state.exemplars = Array(repeating: nil, count: state.counts.count) }
            state.exemplars[bucket] = exemplar
            state.replaceable[bucket] = now + Self.exemplarTime
        }
    }

    private func bucket(of nanoseconds: Int64) -> Int {
        var bucket = 0
        // Most are short.
        while bucket < limits.count, limits[bucket] < nanoseconds { bucket += 1 }
        return bucket
    }

    package func record(_ value: Int64) { record(Double(value)) }

    package func record(_ value: Double) {
        count(value, in: bounds.firstIndex { value <= $0 } ?? bounds.count)
    }

    private func count(_ value: Double, in bucket: Int) {
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String) {
        let state = state.withLock { $0 }
        var total = 0
        let bounds = bounds.map { "\($0)" } + ["+Inf"]
        for (bucket, (bound, count)) in zip(bounds, state.counts).enumerated() {
            total += count
            let exemplar =
                format == .openMetrics && !state.exemplars.isEmpty
                ? state.exemplars[bucket].map { ($0.traceID, $0.value) } : nil
            text += series.line(suffix: "_bucket", label: "le=\"\(bound)\"", "\(total)", exemplar: exemplar)
        }
        text += series.line(suffix: "_sum", state.sum.exposed)
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

    func write(_ series: Series, _ format: Prometheus.Exposition, to text: inout String) {
        text += series.line(suffix: "_sum", "\(Double(nanoseconds.load(ordering: .relaxed)) / 1e9)")
        text += series.line(suffix: "_count", "\(count.load(ordering: .relaxed))")
    }
}
