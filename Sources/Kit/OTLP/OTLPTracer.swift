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

/// Decides which traces are recorded, by the names of OpenTelemetry's `OTEL_TRACES_SAMPLER`.
public struct Sampler: Sendable, Equatable {
    /// The names of the samplers.
    public enum SamplerName: String, Sendable, CaseIterable {
        case always = "always_on"
        case never = "always_off"
        case ratio = "traceidratio"
        case parentOrAlways = "parentbased_always_on"
        case parentOrNever = "parentbased_always_off"
        case parentOrRatio = "parentbased_traceidratio"
    }

    private let followsParent: Bool
    private let ratio: Double

    /// - Parameter ratio: the part of all traces that the samplers by ratio record, from 0 to 1.
    public init(_ name: SamplerName = .parentOrAlways, ratio: Double = 1) {
        followsParent = [.parentOrAlways, .parentOrNever, .parentOrRatio].contains(name)
        self.ratio =
            switch name {
            case .always, .parentOrAlways: 1
            case .never, .parentOrNever: 0
            case .ratio, .parentOrRatio: min(max(ratio, 0), 1)
            }
    }

    /// True if a span is to be recorded. All spans of a trace get the same decision, in every process with the same ratio.
    ///
    /// - Parameters:
    ///   - trace: of the span.
    ///   - parent: of the span that caused it, if one did.
    func records(_ trace: TraceContext, childOf parent: TraceContext?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        // The last 14 digits are random (W3C Trace Context, level 2).
        guard ratio < 1 else { return true }
        let number = UInt64(trace.traceID.suffix(14), radix: 16) ?? 0
        return Double(number) < ratio * Double(1 << 56 as UInt64)
    }
}
