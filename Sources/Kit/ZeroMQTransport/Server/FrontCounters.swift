import Metrics

/// What a front has turned away without an answer, since its start.
public struct FrontCounters: Sendable, Equatable {
    /// Messages that broke the protocol and had no id to answer to.
    public internal(set) var dropped = 0
    /// Messages that broke the protocol and were answered so.
    public internal(set) var refused = 0
    /// Replies that a peer did not take: it was gone, or read too slowly.
    public internal(set) var undelivered = 0
    /// Connections that were refused because their CURVE key is not admitted.
    public internal(set) var unadmitted = 0
    /// Calls that were refused unread, because they could not have been answered in time.
    public internal(set) var overloaded = 0
}

/// Adds ``FrontCounters`` to `star_zmq_messages_total`, by service and outcome.
struct FrontMeters: Sendable {
    private typealias Value = @Sendable (FrontCounters) -> Int
    private static let outcomes: KeyValuePairs<String, Value> = [
        "dropped": { $0.dropped }, "refused": { $0.refused }, "undelivered": { $0.undelivered },
        "unadmitted": { $0.unadmitted }, "overloaded": { $0.overloaded },
    ]

    private let meters: [(counter: Counter, value: Value)]

    init(_ service: String) {
        meters = Self.outcomes.map { outcome, value in
            let dimensions = [("service", service), ("outcome", outcome)]
            return (Counter(label: "star_zmq_messages_total", dimensions: dimensions), value)
        }
    }

    func add(_ counters: FrontCounters, since old: FrontCounters) {
        for meter in meters where meter.value(counters) != meter.value(old) {
            meter.counter.increment(by: meter.value(counters) - meter.value(old))
        }
    }
}
