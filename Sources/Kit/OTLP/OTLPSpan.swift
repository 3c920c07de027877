import RPC
import Synchronization
public import Tracing

/// A span of ``OTLPTracer``. It is queued when it ends, if its trace is sampled; later changes are ignored.
public final class OTLPSpan: Span {
    /// The number of events, and of links, that a span keeps; more are counted.
    static let limit = 128

    public let context: ServiceContext
    private let trace: TraceContext
    private let parentID: String?
    private let kind: SpanKind
    private let start: UInt64
    private let queue: SpanQueue
    private let content: Mutex<EndedSpan.SpanContent?>

    init(
        _ name: String, in context: ServiceContext, at trace: TraceContext, childOf parentID: String?, kind: SpanKind,
        start: UInt64, queue: SpanQueue
    ) {
        self.context = context
        self.trace = trace
        self.parentID = parentID
        self.kind = kind
        self.start = start
        self.queue = queue
        content = Mutex(trace.isSampled ? EndedSpan.SpanContent(name: name) : nil)
    }

    public var isRecording: Bool { content.withLock { $0 != nil } }

    public var operationName: String {
        get { content.withLock { $0?.name ?? "" } }
        set { content.withLock { $0?.name = newValue } }
    }

    public var attributes: SpanAttributes {
        get { content.withLock { $0?.attributes ?? [:] } }
        set { content.withLock { $0?.attributes = newValue } }
    }

    public func setStatus(_ status: SpanStatus) { content.withLock { $0?.status = status } }

    public func addEvent(_ event: SpanEvent) {
        content.withLock { content in
            guard let count = content?.events.count, count < Self.limit else {
                content?.droppedEvents += 1
                return
            }
            content?.events.append(event)
        }
    }

    public func addLink(_ link: SpanLink) {
        content.withLock { content in
            guard let count = content?.links.count, count < Self.limit else {
                content?.droppedLinks += 1
                return
            }
            content?.links.append(link)
        }
    }

    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = String(reflecting: type(of: error))
        attributes["exception.message"] = String(describing: error)
        addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
    }

    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let content = content.withLock({ $0.take() }) else { return }
        queue.add(
            EndedSpan(
                trace: trace, parentID: parentID, kind: kind, start: start, end: instant().nanosecondsSinceEpoch,
                content: content))
    }
}

/// A span as it is sent.
struct EndedSpan: Sendable {
    struct SpanContent: Sendable {
        var name: String
        var attributes: SpanAttributes = [:]
        var status: SpanStatus?
        var events: [SpanEvent] = []
        var links: [SpanLink] = []
        var droppedEvents = 0
        var droppedLinks = 0
    }

    let trace: TraceContext
    let parentID: String?
    let kind: SpanKind
    /// Nanoseconds since 1970.
    let start: UInt64
    let end: UInt64
    let content: SpanContent
}
