import Contracts
import Foundation
public import RPC
import Synchronization

/// The calls of late, a few of each endpoint, so that no endpoint drives out another. There are as many endpoints as the
/// contract has, and so this is bounded.
///
/// A call is added by its handler; where its own time went is known once it has ended, and is heard of as an interceptor.
public final class CallLog: Interceptor {
    /// A call that webapp has answered.
    struct Entry {
        let trace: TraceContext
        let status: Int
        /// When its handler began and ended.
        let begin: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        let steps: [Trail.Step]
        /// Where its time went, once it has ended.
        var ledger: Ledger?
    }

    private let kept = Mutex<[String: [Entry]]>([:])

    /// Calls kept of each endpoint.
    static let limit = 6

    func add(_ entry: Entry, of endpoint: String) {
        kept.withLock { kept in
            let count = kept[endpoint]?.count ?? 0
            if count == Self.limit { kept[endpoint]?.removeFirst() }
            kept[endpoint, default: []].append(entry)
        }
    }

    public func answered(_ call: Call, with reply: Reply) {}

    public func measured(_ call: Call, _ ledger: Ledger) {
        kept.withLock { kept in
            guard let index = kept[call.endpoint]?.lastIndex(where: { $0.trace == call.trace }) else { return }
            kept[call.endpoint]?[index].ledger = ledger
        }
    }

    /// The latest first.
    var latest: [WebAppContract.RecentCall] {
        let calls = kept.withLock { kept in
            kept.flatMap { endpoint, entries in entries.map { (endpoint: endpoint, entry: $0) } }
        }
        let now = (clock: ContinuousClock.now, date: Date())
        return calls.sorted { $0.entry.begin > $1.entry.begin }.map { endpoint, entry in
            let started = now.date.addingTimeInterval(-(entry.begin.duration(to: now.clock) / .seconds(1)))
            return entry.call(of: endpoint, started: started)
        }
    }
}

extension CallLog.Entry {
    /// In the contract's words.
    fileprivate func call(of endpoint: String, started: Date) -> WebAppContract.RecentCall {
        let parts = (ledger?.parts ?? []).compactMap { part in
            WebAppContract.Part(Timing.Part(name: part.name, time: .nanoseconds(part.nanoseconds)))
        }
        // A call began before its handler did.
        let lead = parts.isEmpty ? 0 : Array(parts.prefix { $0.name != .handler }).total
        let start = begin - .nanoseconds(Int64(lead * 1000))
        return WebAppContract.RecentCall(
            traceID: trace.traceID, endpoint: endpoint, status: status,
            started: Int(started.timeIntervalSince1970 * 1000),
            microseconds: ledger == nil ? begin.duration(to: end).microseconds : parts.total, parts: parts,
            spans: steps.map { $0.span(since: start) })
    }
}
