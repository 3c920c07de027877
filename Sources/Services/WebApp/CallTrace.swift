public import Contracts
public import Endpoints
import Foundation
public import RPC
import Synchronization

/// The calls to other services that one call makes. It is put into the contract's words when it is shown, which is
/// seldom.
final class CallTrace: Sendable {
    /// That of the call which is being handled.
    @TaskLocal static var current: CallTrace?

    /// A call to another service.
    struct RecordedSpan {
        let endpoint: String
        let link: Link
        let status: Int
        let begin: ContinuousClock.Instant
        let end: ContinuousClock.Instant
        let timing: ReportedTimings
    }

    private let recorded = Mutex<[RecordedSpan]>([])

    var spans: [RecordedSpan] { recorded.withLock { $0 } }

    func add(_ span: RecordedSpan) { recorded.withLock { $0.append(span) } }
}

/// Adds each call of a client to the current trace.
struct SpanRecorder: ClientInterceptor {
    let link: Link

    func intercept(_ call: Call, to endpoint: EndpointDescriptor, _ next: (Call) async -> Reply) async -> Reply {
        guard let trace = CallTrace.current else { return await next(call) }
        var call = call
        let timing = call.timing ?? ReportedTimings()
        call.timing = timing
        let reply = await next(call)
        trace.add(
            CallTrace.RecordedSpan(
                endpoint: call.endpoint, link: link, status: reply.status, begin: call.received, end: .now,
                timing: timing))
        return reply
    }
}

extension CallTrace.RecordedSpan {
    var microseconds: Double { begin.duration(to: end).microseconds }

    /// In the contract's words.
    ///
    /// - Parameter start: of the call that made this one.
    func span(since start: ContinuousClock.Instant) -> WebAppContract.Span {
        var parts = timing.parts.compactMap(WebAppContract.Part.init)
        if !parts.isEmpty {
            let wire = max(0, microseconds - parts.total)
            parts.insert(WebAppContract.Part(name: .wire, microseconds: wire), at: 0)
        }
        return WebAppContract.Span(
            endpoint: endpoint, link: link, status: status, offset: start.duration(to: begin).microseconds,
            microseconds: microseconds, parts: parts)
    }
}

extension WebAppContract.Part {
    init?(_ part: ReportedTimings.TimedPart) {
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

/// The way to another service, and its name for visitors.
public struct ServiceRoute: Sendable {
    let caller: any Caller
    let link: Link

    public init(_ caller: any Caller, link: Link = .inProcess) {
        self.caller = caller
        self.link = link
    }

    /// A client whose calls are among the spans that visitors are shown.
    func recordedClient<C: Contract>(of _: C.Type) -> Client<C> {
        Client(caller, interceptors: [SpanRecorder(link: link)] + [any ClientInterceptor].tracing)
    }
}

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
