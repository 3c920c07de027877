import Contracts
import Foundation
import RPC

/// What one call asks of other services, noted as it goes along.
final class Trail {
    private let start = ContinuousClock.now
    private let started = Int(Date().timeIntervalSince1970 * 1000)
    private(set) var spans: [WebAppContract.Span] = []

    func note(_ endpoint: String, _ link: Link, status: Int, since begin: ContinuousClock.Instant) {
        spans.append(
            WebAppContract.Span(
                endpoint: endpoint, link: link, status: status, offset: start.duration(to: begin).microseconds,
                microseconds: begin.duration(to: .now).microseconds))
    }

    /// The call as it is remembered once it is answered.
    func call(_ context: CallContext, status: Int) -> WebAppContract.RecentCall {
        WebAppContract.RecentCall(
            traceID: context.trace.traceID, endpoint: context.endpoint, status: status, started: started,
            microseconds: start.duration(to: .now).microseconds, spans: spans)
    }
}

/// The calls of late, a few of each endpoint, so that no endpoint drives out another. There are as many endpoints as the
/// contract has, and so this is bounded.
struct CallLog {
    private var kept: [String: [WebAppContract.RecentCall]] = [:]

    /// Calls kept of each endpoint.
    static let limit = 6

    mutating func add(_ call: WebAppContract.RecentCall) {
        var calls = kept.removeValue(forKey: call.endpoint) ?? []
        if calls.count == Self.limit { calls.removeFirst() }
        calls.append(call)
        kept[call.endpoint] = calls
    }

    /// The latest first.
    var latest: [WebAppContract.RecentCall] {
        kept.values.flatMap(\.self).sorted { $0.started > $1.started }
    }
}

extension Duration {
    var microseconds: Double { self / .microseconds(1) }
}
