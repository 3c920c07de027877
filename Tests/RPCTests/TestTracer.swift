import Synchronization
import Tracing

/// Keeps its spans, and writes W3C Trace Context.
final class TestTracer: Tracer {
    final class Span: Tracing.Span {
        struct State {
            var name: String
            var attributes = SpanAttributes()
            var status: SpanStatus?
            var isRecording = true
        }

        let context: ServiceContext
        let kind: SpanKind
        let parent: String?
        private let state: Mutex<State>

        init(_ name: String, _ kind: SpanKind, _ context: ServiceContext, parent: String?) {
            self.context = context
            self.kind = kind
            self.parent = parent
            state = Mutex(State(name: name))
        }

        var id: String { context[Position.self]?.span ?? "" }
        var status: SpanStatus? { state.withLock { $0.status } }

        var operationName: String {
            get { state.withLock { $0.name } }
            set { state.withLock { $0.name = newValue } }
        }
        var attributes: SpanAttributes {
            get { state.withLock { $0.attributes } }
            set { state.withLock { $0.attributes = newValue } }
        }
        var isRecording: Bool { state.withLock { $0.isRecording } }

        func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }
        func addEvent(_ event: SpanEvent) {}
        func addLink(_ link: SpanLink) {}
        func recordError<Instant: TracerInstant>(
            _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
        ) {}
        func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
            state.withLock { $0.isRecording = false }
        }
    }

    struct Position: Sendable, ServiceContextKey {
        typealias Value = Position

        var trace: String
        var span: String
        var state: String?
    }

    private let made = Mutex<[Span]>([])

    /// In the order in which they began.
    var spans: [Span] { made.withLock { $0 } }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> Span {
        var context = context()
        let parent = context[Position.self]
        return made.withLock { made in
            let number = String(made.count + 1)
            let id = String(repeating: "0", count: 16 - number.count) + number
            context[Position.self] = Position(
                trace: parent?.trace ?? String(repeating: "a", count: 16) + id, span: id,
                state: parent?.state ?? "test=1")
            let span = Span(operationName, kind, context, parent: parent?.span)
            made.append(span)
            return span
        }
    }

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parts = extractor.extract(key: "traceparent", from: carrier)?.split(separator: "-") else { return }
        context[Position.self] = Position(
            trace: String(parts[1]), span: String(parts[2]), state: extractor.extract(key: "tracestate", from: carrier))
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let position = context[Position.self] else { return }
        injector.inject("00-\(position.trace)-\(position.span)-01", forKey: "traceparent", into: &carrier)
        if let state = position.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    func forceFlush() {}
}
