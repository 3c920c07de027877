import Collector
import Endpoints
import Foundation
import InMemoryLogging
import Logging
import Metrics
import MetricsTestKit
import Testing
import Tracing

@testable import OTLP

@Suite("The exporter of spans", .timeLimit(.minutes(2)))
struct ExporterTests {
    private let metrics = TestMetrics()
    private let log = InMemoryLogHandler()

    /// Runs a test with an exporter to some URL, and closes it.
    private func export(
        to url: String, _ encoding: OTLPEndpoint.Encoding = .protobuf, timeout: Duration = .seconds(20),
        pace: OTLPExporter.Pace = OTLPExporter.Pace(batches: .milliseconds(1), retry: .milliseconds(1)),
        _ test: (OTLPTracer) async throws -> Void
    ) async throws {
        let endpoint = OTLPEndpoint(
            url + "/v1/traces", encoding: encoding, headers: ["authorization": "Basic YQ=="], timeout: timeout)
        let exporter = OTLPExporter(
            to: endpoint, resource: ["service.name": "shop"], logger: Logger(label: "test") { _ in log },
            factory: metrics, pace: pace)
        let run = Task { await exporter.run() }
        try await test(OTLPTracer(exporter))
        run.cancel()
        await run.value
        await exporter.close()
    }

    private func exported() throws -> Int64 { try metrics.expectCounter("otel_spans_exported_total").totalValue }

    private func dropped(because reason: String) throws -> Int64 {
        try metrics.expectCounter("otel_spans_dropped_total", [("reason", reason)]).totalValue
    }

    @Test("sends spans to the collector with the headers that are set", arguments: OTLPEndpoint.Encoding.allCases)
    func sending(encoding: OTLPEndpoint.Encoding) async throws {
        let collector = try await Collector()
        try await export(to: collector.url, encoding) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
            let request = try #require(await collector.next())
            #expect(request.path == "/v1/traces" && request.headers["authorization"] == "Basic YQ==")
            #expect(request.headers["content-type"] == encoding.contentType)
            #expect(String(decoding: request.body, as: UTF8.self).contains("pour"))
            if encoding == .json { _ = try JSONValue(json: Data(request.body)) }
        }
        #expect(try exported() == 1)
        try await collector.close()
    }

    @Test("sends a batch again if the collector is busy", arguments: [429, 502, 503, 504])
    func again(status: Int) async throws {
        let collector = try await Collector(statuses: [status, status, 200])
        try await export(to: collector.url) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
            for _ in 1...3 { _ = await collector.next() }
        }
        #expect(try exported() == 1)
        #expect(try dropped(because: "export_failed") == 0)
        try await collector.close()
    }

    @Test("drops and counts a batch that is refused, and warns once", arguments: [400, 401, 404, 301])
    func refusal(status: Int) async throws {
        let collector = try await Collector(statuses: [status])
        try await export(to: collector.url) { tracer in
            for _ in 1...2 {
                tracer.startSpan("pour", context: .topLevel).end()
                _ = await collector.next()
            }
        }
        #expect(try dropped(because: "export_failed") == 2)
        #expect(log.entries.count { $0.level == .warning } == 1)
        try await collector.close()
    }

    @Test("drops and counts what a collector that is gone cannot take, and keeps nobody waiting")
    func gone() async throws {
        let collector = try await Collector()
        try await collector.close()
        let start = ContinuousClock.now
        try await export(to: collector.url, pace: OTLPExporter.Pace(batches: .seconds(60), retry: .seconds(60))) {
            tracer in
            for _ in 0..<SpanQueue.limit + 700 { tracer.startSpan("pour", context: .topLevel).end() }
        }
        #expect(start.duration(to: .now) < .seconds(20))
        let (full, failed) = (try dropped(because: "queue_full"), try dropped(because: "export_failed"))
        #expect(full + failed == Int64(SpanQueue.limit + 700) && full >= 700 - Int64(SpanQueue.batch))
    }

    @Test("ends within its last two seconds, though the collector does not reply")
    func silence() async throws {
        let collector = try await Collector(statuses: [])
        let pace = OTLPExporter.Pace(batches: .milliseconds(1), farewell: .milliseconds(100))
        let start = ContinuousClock.now
        try await export(to: collector.url, timeout: .seconds(600), pace: pace) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
            _ = await collector.next()
        }
        #expect(start.duration(to: .now) < .seconds(20))
        #expect(try dropped(because: "export_failed") == 1)
        try await collector.close()
    }

    @Test("sends what is left when it is closed")
    func rest() async throws {
        let collector = try await Collector()
        try await export(to: collector.url, pace: OTLPExporter.Pace(batches: .seconds(600))) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
        }
        #expect(try exported() == 1)
        try await collector.close()
    }
}
