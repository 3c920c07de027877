public import CoreMetrics
public import Logging
import Synchronization

/// Keeps what swift-metrics measures, and prints it for Prometheus.
///
/// Give it to `MetricsSystem.bootstrap` once, at the start. A metric stays until it is destroyed, or as long as the process
/// lives: the number of metrics is that of the labels in the code, which no caller may be able to add to.
///
/// Whatever a metric or one of its labels is called, Prometheus can read it: characters that names do not have there, such as
/// the dot of `http.method`, become `_`. For one line that it cannot read, it drops all that a service has measured: so of two
/// metrics that need lines of one name, such as a counter and a timer `cups`, only the first is shown.
public final class Prometheus: MetricsFactory {
    private let metrics = Mutex(MetricTable())
    private let help: [String: String]
    private let summaries: Set<String>
    private let logger: Logger

    /// - Parameters:
    ///   - help: a sentence about each metric, by its name; several such lists count as one.
    ///   - summaries: the names of timers that show their sum and count only, without buckets.
    ///   - logger: gets an error for each metric that is not shown, once.
    public init(
        help: [String: String]..., summaries: Set<String> = [], logger: Logger = Logger(label: "prometheus")
    ) {
        self.help = help.reduce(into: [:]) { all, list in
            for (name, sentence) in list where all[Series.name(name)] == nil {
                all[Series.name(name)] = Series.escape(sentence, quotes: false)
            }
        }
        self.summaries = summaries
        self.logger = logger
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
        let all = metrics.withLock { $0.all }.sorted { $0.key < $1.key }
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

    /// Adds a metric whose value is read whenever the metrics are printed, so that nothing has to be counted meanwhile. It replaces
    /// another such metric of the same name and labels.
    ///
    /// - Parameter kind: a counter never falls while the process lives; its name ends with `_total`.
    public func observe(
        _ name: String, _ kind: ObservedMetric.MetricType, dimensions: [(String, String)] = [],
        _ value: @escaping @Sendable () -> Double
    ) {
        let (series, metric) = (Series(name, dimensions), ObservedMetric(kind, value))
        reportConflict(of: metric, metrics.withLock { $0.add(metric, series) })
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(label, dimensions) { PrometheusCounter() }
    }

    /// One counter with that of ``makeCounter(label:dimensions:)`` for the same name and labels.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        metric(label, dimensions) { PrometheusCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        metric(label, dimensions) { PrometheusGauge() }
    }

    /// A recorder that aggregates is a histogram with buckets from 0.001 to 10⁹, finest between 1 and 10,000, for its unit is
    /// not known; another one is a gauge.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return metric(label, dimensions) { PrometheusGauge() } }
        return metric(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.magnitudes) }
    }

    /// Times are kept in seconds, whatever unit they are recorded in.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        if summaries.contains(label) { return metric(label, dimensions) { PrometheusSummary() } }
        return metric(label, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.seconds) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Forgets the counter of these labels.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        metrics.withLock { $0.remove(handler) }
    }

    private func metric<Kind: Metric>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Kind
    ) -> Kind {
        let series = Series(label, dimensions)
        let (metric, conflict) = metrics.withLock { metrics -> (Kind, MetricTable.Conflict?) in
            if let known = metrics.all[series] as? Kind { return (known, nil) }
            let metric = make()
            return (metric, metrics.add(metric, series))
        }
        reportConflict(of: metric, conflict)
        return metric
    }

    private func reportConflict(of metric: any Metric, _ conflict: MetricTable.Conflict?) {
        guard let conflict else { return }
        logger.error(
            "A metric is not shown, because another one has lines of the same name",
            metadata: [
                "metric": "\(conflict.refused.name)", "type": "\(metric.type)", "other": "\(conflict.shown.name)",
                "other_type": "\(conflict.shown.type)",
            ])
    }
}

/// A name with its labels.
struct Series: Hashable, Comparable {
    let name: String
    /// `a="b",c="d"` in the order of their names, or nothing: the same labels in another order are the same series.
    let labels: String

    init(_ name: String, _ dimensions: [(String, String)]) {
        self.name = Self.name(name)
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[Self.label(name)] = value }
        self.labels = labels.sorted { $0.key < $1.key }.map { "\($0)=\"\(Self.escape($1, quotes: true))\"" }
            .joined(separator: ",")
    }

    /// A name as Prometheus has those of metrics, `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func name(_ text: String) -> String { plain(text, or: ":") }

    /// A name as Prometheus has those of labels, `[a-zA-Z_][a-zA-Z0-9_]*`. Those that begin with `__` are its own, and `le` and
    /// `quantile` those of the parts of a metric.
    private static func label(_ text: String) -> String {
        let name = plain(text)
        return name.hasPrefix("__") || name == "le" || name == "quantile" ? "exported_" + name : name
    }

    private static func plain(_ text: String, or other: Unicode.Scalar? = nil) -> String {
        let name = String(String.UnicodeScalarView(text.unicodeScalars.map { isPlain($0) || $0 == other ? $0 : "_" }))
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return "_" + name }
        return name
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
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

    /// A text on one line, as a label's value or as a help.
    static func escape(_ text: String, quotes: Bool) -> String {
        // Scalars, for a CR LF is one character.
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"" where quotes: escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
