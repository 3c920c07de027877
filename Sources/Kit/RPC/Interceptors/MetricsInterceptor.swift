public import Endpoints
public import Metrics
import Synchronization

/// Counts calls by endpoint, transport and status, and times them by endpoint and transport.
///
/// An endpoint that is not in the contracts is counted as `unknown`, so that callers cannot make labels.
public final class MetricsInterceptor: Interceptor {
    private struct Place: Hashable {
        let endpoint: String
        let transport: Transport
    }

    private struct Outcome: Hashable {
        let place: Place
        let status: Int
    }

    private let service: String
    private let timers: [Place: Timer]
    private let counters = Mutex<[Outcome: Counter]>([:])
    private let factory: any MetricsFactory

    public init(_ contracts: [ContractDescription], factory: any MetricsFactory = MetricsSystem.factory) {
        service = contracts.first?.name ?? ""
        self.factory = factory
        let names = contracts.flatMap { contract in contract.endpoints.map(contract.qualifiedName) } + [Self.unknown]
        var timers: [Place: Timer] = [:]
        for name in names {
            for transport in Transport.allCases {
                timers[Place(endpoint: name, transport: transport)] = Timer(
                    label: "star_call_seconds",
                    dimensions: [("endpoint", name), ("transport", transport.rawValue)], factory: factory)
            }
        }
        self.timers = timers
    }

    public func answered(_ call: Call, with reply: Reply) {
        var place = Place(endpoint: call.endpoint, transport: call.transport)
        if timers[place] == nil { place = Place(endpoint: Self.unknown, transport: call.transport) }
        timers[place]?.record(duration: call.received.duration(to: .now))
        counter(Outcome(place: place, status: reply.status)).increment()
    }

    private static let unknown = "unknown"

    private func counter(_ outcome: Outcome) -> Counter {
        counters.withLock { counters in
            if let counter = counters[outcome] { return counter }
            let counter = Counter(
                label: "star_calls_total",
                dimensions: [
                    ("endpoint", outcome.place.endpoint), ("transport", outcome.place.transport.rawValue),
                    ("status", String(outcome.status)),
                ], factory: factory)
            counters[outcome] = counter
            return counter
        }
    }
}
