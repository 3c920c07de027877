import Contracts
public import RPC
import Synchronization

/// The calls of late, a few of each endpoint, so that no endpoint drives out another. There are as many endpoints as the
/// contract has, and so this is bounded.
///
/// A call is added by its handler; where its own time went is known once it has ended, and is heard of as an interceptor.
public final class CallLog: Interceptor {
    private struct Entry {
        let trace: TraceContext
        var call: WebAppContract.RecentCall
    }

    private let kept = Mutex<[String: [Entry]]>([:])

    /// Calls kept of each endpoint.
    static let limit = 6

    func add(_ call: WebAppContract.RecentCall, _ context: CallContext) {
        kept.withLock { kept in
            var entries = kept.removeValue(forKey: call.endpoint) ?? []
            if entries.count == Self.limit { entries.removeFirst() }
            entries.append(Entry(trace: context.trace, call: call))
            kept[call.endpoint] = entries
        }
    }

    public func answered(_ call: Call, with reply: Reply) {}

    public func measured(_ call: Call, _ ledger: Ledger) {
        kept.withLock { kept in
            guard let index = kept[call.endpoint]?.lastIndex(where: { $0.trace == call.trace }) else { return }
            kept[call.endpoint]?[index].call.account(for: ledger)
        }
    }

    /// The latest first.
    var latest: [WebAppContract.RecentCall] {
        kept.withLock { $0.values.flatMap { $0.map(\.call) } }.sorted { $0.started > $1.started }
    }
}
