public import Endpoints
public import Metrics
import Synchronization

/// A timer that keeps, beside some of its measurements, the traces in which they were made: exemplars, in OpenMetrics' words.
public protocol ExemplarTimerHandler: TimerHandler {
    /// Records a time.
    ///
    /// - Parameters:
    ///   - now: when it was measured.
    ///   - traceID: 32 hexadecimal digits.
    func recordNanoseconds(_ nanoseconds: Int64, at now: ContinuousClock.Instant, traceID: @autoclosure () -> String)
}

/// Measures the calls of a service; the names are in ``MetricName``.
///
/// An endpoint that is not in the contracts is counted as `unknown`, so that callers cannot make labels.
public final class MetricsObserver: CallObserver {
    /// The metrics, each with what it says.
    public enum MetricName {
        /// A timer: whole calls, by service and endpoint.
        public static let duration = "rpc_server_call_duration_seconds"
        /// A counter: calls, by service, endpoint, transport and status.
        public static let calls = "rpc_server_calls_total"
        /// A timer: the phases of a ``ServerTimings``, by service, transport and phase. Its sum and its count are enough.
        public static let phases = "rpc_server_phase_duration_seconds"
        /// A gauge: ``Dispatcher/callsInFlight``, by service. It is read when somebody looks, and not by this observer.
        public static let inFlight = "rpc_server_calls_in_flight"

        /// The names of the metrics, each with a sentence about it.
        public static let help = [
            duration: "Time from the arrival of a call to its reply.",
            calls: "Calls that were replied to.",
            inFlight: "Calls that are being handled, but for those of the kit's own endpoints.",
            phases: "Time that calls spent in each phase at the service.",
        ]
    }

    private let known: [String: EndpointMetrics]
    private let unknown: EndpointMetrics

    /// - Parameter contracts: of the service, its own first. The kit's own, which every service has, are added.
    public init(_ contracts: [ContractDescriptor], factory: any MetricsFactory = MetricsSystem.factory) {
        let service = ServiceMetrics(contracts.first?.name ?? "", factory)
        let all = contracts + [HealthContract.description, MetaContract.description]
        let names = all.flatMap { contract in contract.endpoints.map(contract.qualifiedName) }
        // Two endpoints of one name are for the dispatcher to refuse.
        known = Dictionary(names.map { ($0, EndpointMetrics($0, of: service)) }) { first, _ in first }
        unknown = EndpointMetrics(Call.unknownEndpoint, of: service)
    }

    public func observer(for endpoint: String) -> any CallObserver { known[endpoint] ?? unknown }

    public func didReply(to call: Call, with reply: Reply) { unknown.didReply(to: call, with: reply) }
    public func didFinish(_ call: Call, _ timings: ServerTimings) { unknown.didFinish(call, timings) }
}

/// The metrics of all endpoints together.
private final class ServiceMetrics: Sendable {
    let name: String
    let factory: any MetricsFactory
    private let inProcess, http, zeroMQ: PhaseTimers
    /// Of transports that are not the kit's.
    private let others = Mutex<[Transport: PhaseTimers]>([:])

    init(_ name: String, _ factory: any MetricsFactory) {
        self.name = name
        self.factory = factory
        inProcess = PhaseTimers(name, .inProcess, factory)
        http = PhaseTimers(name, .http, factory)
        zeroMQ = PhaseTimers(name, .zeroMQ, factory)
    }

    func record(_ timings: ServerTimings, by transport: Transport) {
        switch transport {
        case .inProcess: inProcess.record(timings)
        case .http: http.record(timings)
        case .zeroMQ: zeroMQ.record(timings)
        default: timers(of: transport).record(timings)
        }
    }

    private func timers(of transport: Transport) -> PhaseTimers {
        others.withLock { others in
            if let known = others[transport] { return known }
            let made = PhaseTimers(name, transport, factory)
            others[transport] = made
            return made
        }
    }
}

/// The metrics of one endpoint. They are made when they are first needed, so that `/metrics` does not list what never
/// happens.
private final class EndpointMetrics: CallObserver {
    private struct EndpointSeries {
        var timer: CallTimer?
        var counters: [(transport: Transport, status: Int, counter: Counter)] = []
    }

    private let series = Mutex(EndpointSeries())
    private let endpoint: String
    private let service: ServiceMetrics

    init(_ endpoint: String, of service: ServiceMetrics) {
        self.endpoint = endpoint
        self.service = service
    }

    func didReply(to call: Call, with reply: Reply) {
        let (timer, counter) = series.withLock { series in
            (self.timer(&series), self.counter(&series, call.transport, reply.status))
        }
        timer.record(call, at: .now)
        counter.increment()
    }

    func didFinish(_ call: Call, _ timings: ServerTimings) { service.record(timings, by: call.transport) }

    private func timer(_ series: inout EndpointSeries) -> CallTimer {
        if let known = series.timer { return known }
        let dimensions = [("service", service.name), ("endpoint", endpoint)]
        let timer = CallTimer(
            service.factory.makeTimer(label: MetricsObserver.MetricName.duration, dimensions: dimensions))
        series.timer = timer
        return timer
    }

    private func counter(_ series: inout EndpointSeries, _ transport: Transport, _ status: Int) -> Counter {
        if let known = series.counters.first(where: { $0.status == status && $0.transport == transport }) {
            return known.counter
        }
        let labels = [
            ("service", service.name), ("endpoint", endpoint), ("transport", transport.name),
            ("status", String(status)),
        ]
        let counter = Counter(label: MetricsObserver.MetricName.calls, dimensions: labels, factory: service.factory)
        series.counters.append((transport, status, counter))
        return counter
    }
}

/// The timer of whole calls.
private enum CallTimer {
    case plain(any TimerHandler)
    case withExemplars(any ExemplarTimerHandler)

    init(_ handler: any TimerHandler) {
        self = (handler as? any ExemplarTimerHandler).map(Self.withExemplars) ?? .plain(handler)
    }

    func record(_ call: Call, at now: ContinuousClock.Instant) {
        let nanoseconds = call.received.duration(to: now).nanoseconds
        switch self {
        case .withExemplars(let timer) where call.trace.isSampled:
            timer.recordNanoseconds(nanoseconds, at: now, traceID: call.trace.traceID)
        case .withExemplars(let timer): timer.recordNanoseconds(nanoseconds)
        case .plain(let timer): timer.recordNanoseconds(nanoseconds)
        }
    }
}

/// A timer for each phase, made with the first call.
private final class PhaseTimers: Sendable {
    private struct Timers {
        let queue, wait, access, decode, handler, encode: Timer
    }

    private let timers = Mutex<Timers?>(nil)
    private let make: @Sendable (_ phase: String) -> Timer

    init(_ service: String, _ transport: Transport, _ factory: any MetricsFactory) {
        make = { phase in
            let labels = [("service", service), ("transport", transport.name), ("phase", phase)]
            return Timer(label: MetricsObserver.MetricName.phases, dimensions: labels, factory: factory)
        }
    }

    func record(_ timings: ServerTimings) {
        let timers = timers.withLock { timers in
            if let timers { return timers }
            let made = Timers(
                queue: make("queue"), wait: make("wait"), access: make("access"), decode: make("decode"),
                handler: make("handler"), encode: make("encode"))
            timers = made
            return made
        }
        timers.queue.recordNanoseconds(timings.queue)
        timers.wait.recordNanoseconds(timings.wait)
        timers.access.recordNanoseconds(timings.access)
        timers.decode.recordNanoseconds(timings.decode)
        timers.handler.recordNanoseconds(timings.handler)
        timers.encode.recordNanoseconds(timings.encode)
    }
}
