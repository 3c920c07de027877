public import CoreMetrics
import Synchronization

/// Keeps what swift-metrics measures, and prints it for Prometheus.
///
/// Give it to `MetricsSystem.bootstrap` once, at the start. A metric stays for as long as the process lives: the number of
/// metrics is that of the labels in the code, which no caller can add to.
public final class Prometheus: MetricsFactory {
    private let metrics = Mutex<[Series: any Metric]>([:])
    private let help: [String: String]
    private let summaries: Set<String>

    /// - Parameters:
    ///   - help: a sentence about each metric, by its name; several such lists count as one.
    ///   - summaries: the names of timers that show their sum and count only, without buckets.
    public init(help: [String: String]..., summaries: Set<String> = []) {
        self.help = help.reduce(into: [:]) { all, list in all.merge(list) { first, _ in first } }
        self.summaries = summaries
    }

    /// The form of ``text(_:)``.
    public enum Exposition: Sendable {
        /// Prometheus' text format, version 0.0.4.
        case plain
        /// OpenMetrics, version 1.0.0: the same with exemplars, by which a bucket of a histogram names the trace of a call that
        /// was counted in it.
        case openMetrics

        /// The media type.
        public var contentType: String {
            switch self {
            case .plain: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }

    /// All metrics, in alphabetical order.
    public func text(_ format: Exposition = .plain) -> String {
        let all = metrics.withLock { $0 }.sorted { $0.key < $1.key }
        var text = ""
        var name = ""
        for (series, metric) in all {
            if series.name != name {
                name = series.name
                let family = format == .openMetrics ? metric.openMetricsFamily(of: name) : name
                if let help = help[name] { text += "# HELP \(family) \(help)\n" }
                text += "# TYPE \(family) \(metric.type)\n"
            }
            metric.write(series, format, to: &text)
        }
        return format == .openMetrics ? text + "# EOF\n" : text
    }

    /// Adds a metric whose value is read whenever the metrics are printed, so that nothing has to be counted meanwhile. One of the
    /// same name and labels is replaced.
    ///
    /// - Parameter kind: a counter never falls while the process lives; its name ends with `_total`.
    public func observe(
        _ name: String, _ kind: ObservedMetric.MetricType, dimensions: [(String, String)] = [],
        _ value: @escaping @Sendable () -> Double
    ) {
        let metric = ObservedMetric(kind, value)
        metrics.withLock { $0[Series(name, dimensions)] = metric }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(label, dimensions) { PrometheusCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        metric(label, dimensions) { PrometheusGauge() }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return metric(label, dimensions) { PrometheusHistogram() } }
        return metric(label, dimensions) { PrometheusGauge() }
    }

    /// Times are kept in seconds, whatever unit they are recorded in.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        if summaries.contains(label) { return metric(label, dimensions) { PrometheusSummary() } }
        return metric(label, dimensions) { PrometheusHistogram() }
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func metric<Kind: Metric>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Kind
    ) -> Kind {
        let series = Series(label, dimensions)
        return metrics.withLock { metrics in
            if let known = metrics[series] as? Kind { return known }
            let metric = make()
            metrics[series] = metric
            return metric
        }
    }
}

/// A name with its labels.
struct Series: Hashable, Comparable {
    let name: String
    /// `a="b",c="d"`, or nothing.
    let labels: String

    init(_ name: String, _ dimensions: [(String, String)]) {
        self.name = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ":") ? $0 : "_" })
        labels = dimensions.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",")
    }

    static func < (one: Series, other: Series) -> Bool {
        (one.name, one.labels) < (other.name, other.labels)
    }

    /// A line of the text format, with one more label if there is one.
    ///
    /// - Parameter exemplar: the id of a trace, which OpenMetrics can show; `value` is what was measured in it.
    func line(
        suffix: String = "", label: String = "", _ value: String, exemplar: (traceID: String, value: Double)? = nil
    ) -> String {
        let labels = [labels, label].filter { !$0.isEmpty }.joined(separator: ",")
        let example = exemplar.map { " # {trace_id=\"\($0.traceID)\"} \($0.value)" } ?? ""
        return name + suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(value)\(example)\n"
    }

    private static func escape(_ text: String) -> String {
        // Scalars, for a CR LF is one character.
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
