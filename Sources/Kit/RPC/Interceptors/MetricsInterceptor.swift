public import Endpoints
public import Metrics
import Synchronization

/// Counts calls by endpoint, transport and status, and times them by endpoint and transport: the whole
/// (`star_call_seconds`), and the parts of their ``Ledger`` (`star_call_part_seconds`).
///
/// An endpoint that is not in the contracts is counted as `unknown`, so that callers cannot make labels.
public final class MetricsInterceptor: Interceptor {
    private let known: [String: EndpointMetrics]
    private let unknown: EndpointMetrics

    /// - Parameter contracts: of the service. The kit's own, which every service has, are added.
    public init(_ contracts: [ContractDescription], factory: any MetricsFactory = MetricsSystem.factory) {
        let all = contracts + [HealthContract.description, MetaContract.description]
        let names = all.flatMap { contract in contract.endpoints.map(contract.qualifiedName) }
        // Two endpoints of one name are for the dispatcher to refuse.
        known = Dictionary(names.map { ($0, EndpointMetrics(of: $0, factory)) }) { first, _ in first }
        unknown = EndpointMetrics(of: Call.unknownEndpoint, factory)
    }

    public func watcher(of endpoint: String) -> any Interceptor { known[endpoint] ?? unknown }

    public func answered(_ call: Call, with reply: Reply) { unknown.answered(call, with: reply) }
    public func measured(_ call: Call, _ ledger: Ledger) { unknown.measured(call, ledger) }
}

/// What an endpoint is measured with, by transport.
private final class EndpointMetrics: Interceptor {
    private let inProcess: TransportMetrics
    private let http: TransportMetrics
    private let zeroMQ: TransportMetrics

    init(of endpoint: String, _ factory: any MetricsFactory) {
        inProcess = TransportMetrics(endpoint, .inProcess, factory)
        http = TransportMetrics(endpoint, .http, factory)
        zeroMQ = TransportMetrics(endpoint, .zeroMQ, factory)
    }

    func answered(_ call: Call, with reply: Reply) {
        let metrics = self[call.transport]
        metrics.timer.recordNanoseconds(call.received.duration(to: .now).nanoseconds)
        metrics.counter(of: reply.status).increment()
    }

    func measured(_ call: Call, _ ledger: Ledger) {
        self[call.transport].record(ledger)
    }

    private subscript(_ transport: Transport) -> TransportMetrics {
        switch transport {
        case .inProcess: inProcess
        case .http: http
        case .zeroMQ: zeroMQ
        }
    }
}

/// What an endpoint is measured with over one transport.
private final class TransportMetrics: Sendable {
    let timer: Timer

    /// Made when they are first needed, so that `/metrics` does not list what never happens.
    private struct Series {
        var parts: PartTimers?
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
        let timers = series.withLock { series in
            if let known = series.parts { return known }
            let made = PartTimers { part in
                Timer(label: "star_call_part_seconds", dimensions: place + [("part", part)], factory: factory)
            }
            series.parts = made
            return made
        }
        timers.record(ledger)
    }
}

/// A timer for each of a ledger's parts.
private final class PartTimers: Sendable {
    private let queue, wait, access, decode, handler, encode: Timer

    init(_ timer: (_ part: String) -> Timer) {
        queue = timer("queue")
        wait = timer("wait")
        access = timer("access")
        decode = timer("decode")
        handler = timer("handler")
        encode = timer("encode")
    }

    func record(_ ledger: Ledger) {
        queue.recordNanoseconds(ledger.queue)
        wait.recordNanoseconds(ledger.wait)
        access.recordNanoseconds(ledger.access)
        decode.recordNanoseconds(ledger.decode)
        handler.recordNanoseconds(ledger.handler)
        encode.recordNanoseconds(ledger.encode)
    }
}
