public import Endpoints
public import Metrics
import Synchronization

/// Counts calls by endpoint, transport and status, and times them by endpoint and transport: the whole
/// (`star_call_seconds`), and the parts of their ``Ledger`` (`star_call_part_seconds`).
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
    /// In the order of ``Ledger/parts``.
    private let partTimers = Mutex<[Place: [Timer]]>([:])
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
        let place = place(of: call)
        timers[place]?.record(duration: call.received.duration(to: .now))
        counter(Outcome(place: place, status: reply.status)).increment()
    }

    public func measured(_ call: Call, _ ledger: Ledger) {
        for (timer, part) in zip(partTimers(place(of: call), ledger), ledger.parts) {
            timer.recordNanoseconds(part.nanoseconds)
        }
    }

    private static let unknown = "unknown"

    private func place(of call: Call) -> Place {
        let place = Place(endpoint: call.endpoint, transport: call.transport)
        return timers[place] == nil ? Place(endpoint: Self.unknown, transport: call.transport) : place
    }

    private func partTimers(_ place: Place, _ ledger: Ledger) -> [Timer] {
        partTimers.withLock { timers in
            if let timers = timers[place] { return timers }
            let made = ledger.parts.map { part in
                Timer(
                    label: "star_call_part_seconds",
                    dimensions: [
                        ("endpoint", place.endpoint), ("transport", place.transport.rawValue), ("part", part.name),
                    ], factory: factory)
            }
            timers[place] = made
            return made
        }
    }

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
