public import Contracts
import Endpoints
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
        let (begin, timing) = (ContinuousClock.now, call.timing ?? ReportedTimings())
        call.timing = timing
        let reply = await next(call)
        trace.add(
            CallTrace.RecordedSpan(
                endpoint: call.endpoint, link: link, status: reply.status, begin: begin, end: .now, timing: timing))
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
