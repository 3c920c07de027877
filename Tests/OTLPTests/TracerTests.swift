import Metrics
import MetricsTestKit
import RPC
import Testing
import Tracing

@testable import OTLP

@Suite("A tracer for OTLP")
struct TracerTests {
    private let queue = SpanQueue(dropped: Counter(label: "dropped", factory: TestMetrics()))

    @Test("queues a span when it ends, as part of its parent's trace")
    func family() {
        let tracer = OTLPTracer(queue)
        let parent = tracer.startSpan("parent", context: .topLevel)
        tracer.startSpan("child", context: parent.context).end()
        parent.operationName = "renamed"
        parent.end()
        parent.end()
        parent.operationName = "too late"
        let spans = queue.next()
        #expect(spans.map(\.content.name) == ["child", "renamed"])
        #expect(spans[0].trace.traceID == spans[1].trace.traceID && spans[0].parentID == spans[1].trace.spanID)
        #expect(spans[1].parentID == nil && spans[0].start <= spans[0].end)
        #expect(!parent.isRecording)
    }

    @Test("reads and writes the headers of W3C Trace Context")
    func headers() throws {
        let tracer = OTLPTracer(queue)
        let sent = ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "rojo=1"]
        var context = ServiceContext.topLevel
        tracer.extract(sent, into: &context, using: Headers())
        let span = tracer.startSpan("here", context: context)
        var carrier: [String: String] = [:]
        tracer.inject(span.context, into: &carrier, using: Headers())
        span.end()
        let ended = try #require(queue.next().first)
        #expect(ended.parentID == "b7ad6b7169203331")
        #expect(carrier["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-\(ended.trace.spanID)-01")
        #expect(carrier["tracestate"] == "rojo=1")
    }

    @Test("passes a trace on that is not sampled, and says so")
    func unsampled() {
        let tracer = OTLPTracer(queue, sampler: Sampler(.never))
        let span = tracer.startSpan("here", context: .topLevel)
        span.attributes["a"] = 1
        span.end()
        var carrier: [String: String] = [:]
        tracer.inject(span.context, into: &carrier, using: Headers())
        #expect(queue.next().isEmpty && !span.isRecording && carrier["traceparent"]?.hasSuffix("-00") == true)
    }

    @Test("keeps a span's first events and links, and counts the others")
    func limits() throws {
        let span = OTLPTracer(queue).startSpan("here", context: .topLevel)
        for number in 0..<OTLPSpan.limit + 3 {
            span.addEvent(SpanEvent(name: String(number)))
            span.addLink(SpanLink(context: span.context, attributes: [:]))
        }
        span.end()
        let content = try #require(queue.next().first).content
        #expect(content.events.count == OTLPSpan.limit && content.droppedEvents == 3)
        #expect(content.links.count == OTLPSpan.limit && content.droppedLinks == 3)
    }

    @Test("samples by the names of OTEL_TRACES_SAMPLER", arguments: Sampler.SamplerName.allCases)
    func sampling(name: Sampler.SamplerName) {
        let sampler = Sampler(name, ratio: 0.25)
        var (sampled, unsampled) = (TraceContext.root(), TraceContext.root())
        (sampled.isSampled, unsampled.isSampled) = (true, false)
        let roots = (0..<4000).count { _ in sampler.records(.root(), childOf: nil) }
        let expected =
            switch name {
            case .always, .parentOrAlways: 4000...4000
            case .never, .parentOrNever: 0...0
            case .ratio, .parentOrRatio: 800...1200
            }
        #expect(expected.contains(roots))
        if [.parentOrAlways, .parentOrNever, .parentOrRatio].contains(name) {
            #expect(sampler.records(.root(), childOf: sampled) && !sampler.records(.root(), childOf: unsampled))
        }
        let trace = TraceContext.root()
        #expect(sampler.records(trace, childOf: nil) == sampler.records(trace.child(), childOf: nil))
    }
}

private struct Headers: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
}
