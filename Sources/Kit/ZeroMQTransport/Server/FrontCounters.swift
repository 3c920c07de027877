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
}

/// Tells ``FrontCounters`` to whoever measures: `star_zmq_messages_total`, by service and outcome.
struct FrontMeters: Sendable {
    private let dropped: Counter
    private let refused: Counter
    private let undelivered: Counter
    private let unadmitted: Counter

    init(_ service: String) {
        func counter(_ outcome: String) -> Counter {
            Counter(label: "star_zmq_messages_total", dimensions: [("service", service), ("outcome", outcome)])
        }
        dropped = counter("dropped")
        refused = counter("refused")
        undelivered = counter("undelivered")
        unadmitted = counter("unadmitted")
    }

    func add(_ counters: FrontCounters, since old: FrontCounters) {
        dropped.increment(by: counters.dropped - old.dropped)
        refused.increment(by: counters.refused - old.refused)
        undelivered.increment(by: counters.undelivered - old.undelivered)
        unadmitted.increment(by: counters.unadmitted - old.unadmitted)
    }
}
