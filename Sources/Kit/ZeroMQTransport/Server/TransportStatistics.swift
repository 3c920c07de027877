import Metrics

/// Counts what a front has rejected since its start.
public struct TransportStatistics: Sendable, Equatable {
    /// Messages that broke the protocol and had no id to reply to.
    public internal(set) var dropped = 0
    /// Messages that broke the protocol and got a reply that says so.
    public internal(set) var refused = 0
    /// Replies that a peer did not accept: it was gone, or read too slowly.
    public internal(set) var undelivered = 0
    /// Connections that were refused in their handshake.
    public internal(set) var unadmitted = 0
    /// Calls that were refused unread, because they could not have been handled in time.
    public internal(set) var overloaded = 0

    static let messages = "zmq_server_messages_failed_total"
    static let connections = "zmq_server_connections_refused_total"

    /// The names of the metrics, each with a sentence about it.
    public static let help = [
        messages:
            "Messages dropped or refused for breaking the protocol, calls refused unread (overloaded), replies not taken.",
        connections:
            "Connections refused in their handshake: a CURVE key that is not admitted, another key or mechanism expected, no ZMTP 3 spoken.",
    ]
}

/// Counts ``TransportStatistics`` by service, and messages by outcome too.
struct TransportMetrics: Sendable {
    private typealias CounterValue = @Sendable (TransportStatistics) -> Int
    private static let outcomes: KeyValuePairs<String, CounterValue> = [
        "dropped": { $0.dropped }, "refused": { $0.refused }, "undelivered": { $0.undelivered },
        "overloaded": { $0.overloaded },
    ]

    private let meters: [(counter: Counter, value: CounterValue)]

    init(_ service: String) {
        let messages = Self.outcomes.map { outcome, value in
            let dimensions = [("service", service), ("outcome", outcome)]
            return (Counter(label: TransportStatistics.messages, dimensions: dimensions), value)
        }
        let connections = Counter(label: TransportStatistics.connections, dimensions: [("service", service)])
        let unadmitted: CounterValue = { $0.unadmitted }
        meters = messages + [(connections, unadmitted)]
    }

    func add(_ counters: TransportStatistics, since old: TransportStatistics) {
        for meter in meters where meter.value(counters) != meter.value(old) {
            meter.counter.increment(by: meter.value(counters) - meter.value(old))
        }
    }
}
