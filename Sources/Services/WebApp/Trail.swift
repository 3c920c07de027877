import Contracts
import Foundation
import RPC

/// What one call asks of other services, noted as it goes along.
final class Trail {
    private let start = ContinuousClock.now
    private let started = Int(Date().timeIntervalSince1970 * 1000)
    private(set) var spans: [WebAppContract.Span] = []

    func note(
        _ endpoint: String, _ link: Link, status: Int, since begin: ContinuousClock.Instant, _ timing: Timing
    ) {
        let whole = begin.duration(to: .now).microseconds
        var parts = timing.parts.compactMap(WebAppContract.Part.init)
        if !parts.isEmpty {
            let wire = max(0, whole - parts.total)
            parts.insert(WebAppContract.Part(name: .wire, microseconds: wire), at: 0)
        }
        spans.append(
            WebAppContract.Span(
                endpoint: endpoint, link: link, status: status, offset: start.duration(to: begin).microseconds,
                microseconds: whole, parts: parts))
    }

    /// The call as it is remembered once it is answered.
    func call(_ context: CallContext, status: Int) -> WebAppContract.RecentCall {
        WebAppContract.RecentCall(
            traceID: context.trace.traceID, endpoint: context.endpoint, status: status, started: started,
            microseconds: start.duration(to: .now).microseconds, spans: spans)
    }
}

extension WebAppContract.RecentCall {
    /// Takes in the ledger of the call. What was noted in the handler began when the handler did.
    mutating func account(for ledger: Ledger) {
        parts = ledger.parts.map { Timing.Part(name: $0.name, time: .nanoseconds($0.nanoseconds)) }.compactMap(
            WebAppContract.Part.init)
        microseconds = parts.total
        let lead = Array(parts.prefix { $0.name != .handler }).total
        for index in spans.indices { spans[index].offset += lead }
    }
}

extension WebAppContract.Part {
    fileprivate init?(_ part: Timing.Part) {
        guard let name = Name(rawValue: part.name) else { return nil }
        self.init(name: name, microseconds: part.time.microseconds)
    }
}

extension [WebAppContract.Part] {
    fileprivate var total: Double { reduce(0) { $0 + $1.microseconds } }
}

extension Duration {
    var microseconds: Double { self / .microseconds(1) }
}
