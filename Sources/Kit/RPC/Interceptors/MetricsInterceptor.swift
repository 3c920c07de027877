public import Endpoints
public import Metrics
import Synchronization

/// Counts calls by endpoint, transport and status, and times them by endpoint and transport: the whole
/// (`star_call_seconds`), and the parts of their ``Ledger`` (`star_call_part_seconds`).
///
/// An endpoint that is not in the contracts is counted as `unknown`, so that callers cannot make labels.
public final class MetricsInterceptor: Interceptor {
    private let gauges: [String: Gauges]
    private let unknown: Gauges

    public init(_ contracts: [ContractDescription], factory: any MetricsFactory = MetricsSystem.factory) {
        let names = contracts.flatMap { contract in contract.endpoints.map(contract.qualifiedName) }
        // Two endpoints of one name are for the dispatcher to refuse.
        gauges = Dictionary(names.map { ($0, Gauges(of: $0, factory)) }) { first, _ in first }
        unknown = Gauges(of: "unknown", factory)
    }

    public func answered(_ call: Call, with reply: Reply) {
        let gauge = gauge(of: call)
        gauge.timer.recordNanoseconds(call.received.duration(to: .now).nanoseconds)
        gauge.counter(of: reply.status).increment()
    }

    public func measured(_ call: Call, _ ledger: Ledger) {
        gauge(of: call).record(ledger)
    }

    private func gauge(of call: Call) -> Gauge {
        (gauges[call.endpoint] ?? unknown)[call.transport]
    }
}

/// What an endpoint is measured with, by transport.
private struct Gauges {
    private let inProcess: Gauge
    private let http: Gauge
    private let zeroMQ: Gauge

    init(of endpoint: String, _ factory: any MetricsFactory) {
        inProcess = Gauge(endpoint, .inProcess, factory)
        http = Gauge(endpoint, .http, factory)
        zeroMQ = Gauge(endpoint, .zeroMQ, factory)
    }

    subscript(_ transport: Transport) -> Gauge {
        switch transport {
        case .inProcess: inProcess
        case .http: http
        case .zeroMQ: zeroMQ
        }
    }
}

/// What an endpoint is measured with over one transport.
private final class Gauge: Sendable {
    let timer: Timer

    /// Made when they are first needed, so that `/metrics` does not list what never happens.
    private struct Series {
        /// In the order of ``Ledger/parts``.
        var parts: [Timer] = []
        var counters: [(status: Int, counter: Counter)] = []
    }

    private let series = Mutex(Series())
    private let place: [(String, String)]
    private let factory: any MetricsFactory

    init(_ endpoint: String, _ transport: Transport, _ factory: any MetricsFactory) {
        place = [("endpoint", endpoint), ("transport", transport.rawValue)]
        self.factory = factory
        timer = Timer(label: "star_call_seconds", dimensions: place, factory: factory)
    }

    func counter(of status: Int) -> Counter {
        series.withLock { series in
            if let known = series.counters.first(where: { $0.status == status }) { return known.counter }
            let dimensions = place + [("status", String(status))]
            let counter = Counter(label: "star_calls_total", dimensions: dimensions, factory: factory)
            series.counters.append((status, counter))
            return counter
        }
    }

    func record(_ ledger: Ledger) {
        series.withLock { series in
            let parts = ledger.parts
            if series.parts.isEmpty { series.parts = parts.map { timer(of: $0.name) } }
            for (timer, part) in zip(series.parts, parts) { timer.recordNanoseconds(part.nanoseconds) }
        }
    }

    private func timer(of part: String) -> Timer {
        Timer(label: "star_call_part_seconds", dimensions: place + [("part", part)], factory: factory)
    }
}
