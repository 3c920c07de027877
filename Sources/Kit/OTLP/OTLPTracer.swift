import RPC
public import Tracing

/// A tracer of swift-distributed-tracing whose spans an ``OTLPExporter`` sends to a collector.
///
/// ```swift
/// let exporter = OTLPExporter(
///     to: OTLPEndpoint("http://localhost:4318/v1/traces"), resource: ["service.name": "shop"], logger: logger)
/// InstrumentationSystem.bootstrap(OTLPTracer(exporter))
/// ```
public struct OTLPTracer: Tracer {
    private let sampler: Sampler
    private let queue: SpanQueue

    /// - Parameter exporter: must run, or its spans are kept until they are dropped.
    public init(_ exporter: OTLPExporter, sampler: Sampler = Sampler()) {
        self.init(exporter.queue, sampler: sampler)
    }

    init(_ queue: SpanQueue, sampler: Sampler = Sampler()) {
        self.queue = queue
        self.sampler = sampler
    }

    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.traceContext
        var trace = parent?.child() ?? .root()
        trace.isSampled = sampler.records(trace, childOf: parent)
        context.traceContext = trace
        return OTLPSpan(
            operationName, in: context, at: trace, childOf: parent?.spanID, kind: kind,
            start: instant().nanosecondsSinceEpoch, queue: queue)
    }

    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let header = extractor.extract(key: "traceparent", from: carrier) else { return }
        context.traceContext = TraceContext(
            header: header, state: extractor.extract(key: "tracestate", from: carrier))
    }

    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.traceContext else { return }
        injector.inject(trace.header, forKey: "traceparent", into: &carrier)
        if let state = trace.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    public func forceFlush() { queue.wake() }
}

extension ServiceContext {
    private enum Key: ServiceContextKey {
        typealias Value = TraceContext
    }

    /// The position of the current span.
    var traceContext: TraceContext? {
        get { self[Key.self] }
        set { self[Key.self] = newValue }
    }
}
