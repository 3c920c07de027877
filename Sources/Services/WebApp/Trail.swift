import Contracts
import RPC

/// What one call asks of other services, noted as it goes along. It is put into words for whoever looks at it, which is
/// seldom.
final class Trail {
    /// A call to another service.
    struct Step {
        let contract: String
        let endpoint: String
        let link: Link
        let status: Int
        let begin: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        let timing: Timing
    }

    private(set) var steps: [Step] = []

    func add(_ step: Step) { steps.append(step) }
}

extension Trail.Step {
    var microseconds: Double { begin.duration(to: end).microseconds }

    /// The step of a call that began then.
    func span(since start: ContinuousClock.Instant) -> WebAppContract.Span {
        var parts = timing.parts.compactMap(WebAppContract.Part.init)
        if !parts.isEmpty {
            let wire = max(0, microseconds - parts.total)
            parts.insert(WebAppContract.Part(name: .wire, microseconds: wire), at: 0)
        }
        return WebAppContract.Span(
            endpoint: contract + "." + endpoint, link: link, status: status,
            offset: start.duration(to: begin).microseconds, microseconds: microseconds, parts: parts)
    }
}

extension WebAppContract.Part {
    init?(_ part: Timing.Part) {
        guard let name = Name(rawValue: part.name) else { return nil }
        self.init(name: name, microseconds: part.time.microseconds)
    }
}

extension [WebAppContract.Part] {
    var total: Double { reduce(0) { $0 + $1.microseconds } }
}

extension Duration {
    var microseconds: Double { self / .microseconds(1) }
}
