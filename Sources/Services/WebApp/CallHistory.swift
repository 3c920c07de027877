import Contracts
public import Endpoints
import Foundation
public import RPC
import Synchronization

/// The latest calls that called other services, a few of each endpoint, so that no endpoint drives out another. There are as
/// many endpoints as the contract has, and so this is bounded.
///
/// As interceptor it records a call with the spans below it; as observer it learns where the call's own time went.
public final class CallHistory: ServerInterceptor, CallObserver {
    /// A call that webapp has handled.
    struct HandledCall {
        let trace: TraceContext
        let status: Int
        let begin: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        let spans: [CallTrace.RecordedSpan]
        /// Set once the call has ended.
        var timings: ServerTimings?
    }

    private let kept = Mutex<[String: [HandledCall]]>([:])

    /// Calls kept of each endpoint.
    static let limit = 6

    public func intercept(
        _ call: Call, to endpoint: EndpointDescriptor?, _ next: (Call) async -> Reply
    ) async -> Reply {
        let trace = CallTrace()
        let reply = await CallTrace.$current.withValue(trace) { await next(call) }
        let spans = trace.spans
        if !spans.isEmpty {
            let entry = HandledCall(
                trace: call.trace, status: reply.status, begin: call.received, end: .now, spans: spans)
            add(entry, of: call.endpoint)
        }
        return reply
    }

    private func add(_ entry: HandledCall, of endpoint: String) {
        kept.withLock { kept in
            let count = kept[endpoint]?.count ?? 0
            if count == Self.limit { kept[endpoint]?.removeFirst() }
            kept[endpoint, default: []].append(entry)
        }
    }

    public func didReply(to call: Call, with reply: Reply) {}

    public func didFinish(_ call: Call, _ timings: ServerTimings) {
        kept.withLock { kept in
            guard let index = kept[call.endpoint]?.lastIndex(where: { $0.trace == call.trace }) else { return }
            kept[call.endpoint]?[index].timings = timings
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

extension CallHistory.HandledCall {
    /// In the contract's words.
    fileprivate func call(of endpoint: String, started: Date) -> WebAppContract.RecentCall {
        let parts = (timings?.parts ?? []).compactMap { part in
            WebAppContract.Part(ReportedTimings.TimedPart(name: part.name, time: .nanoseconds(part.nanoseconds)))
        }
        return WebAppContract.RecentCall(
            traceID: trace.traceID, endpoint: endpoint, status: status,
            started: Int(started.timeIntervalSince1970 * 1000),
            microseconds: timings == nil ? begin.duration(to: end).microseconds : parts.total, parts: parts,
            spans: spans.map { $0.span(since: begin) })
    }
}
