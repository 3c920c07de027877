import Collector
import Endpoints
import Foundation
import InMemoryLogging
import JSON
import Logging
import Metrics
import MetricsTestKit
import NIOSSL
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
        batching: OTLPBatching = OTLPBatching(delay: .milliseconds(1)),
        pace: OTLPExporter.Pace = OTLPExporter.Pace(retry: .milliseconds(1)),
        changed change: (inout OTLPEndpoint) throws -> Void = { _ in },
        _ test: (OTLPTracer) async throws -> Void
    ) async throws {
        var endpoint = OTLPEndpoint(
            url + "/v1/traces", encoding: encoding, headers: ["authorization": "Basic YQ=="], timeout: timeout)
        try change(&endpoint)
        let exporter = OTLPExporter(
            to: endpoint, resource: ["service.name": "shop"], batching: batching,
            logger: Logger(label: "test") { _ in log }, factory: metrics, pace: pace)
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
        #expect(warnings == ["Spans are dropped: the collector refuses them with the status \(status)"])
        try await collector.close()
    }

    /// The warnings: the message of each, and the reason.
    private var warnings: [String] {
        log.entries.filter { $0.level == .warning }.map { "\($0.message): \($0.metadata["reason"] ?? "")" }
    }

    @Test(
        "says in plain words why spans are dropped",
        arguments: [
            ("http://127.0.0.1:1", "the connection has failed: Connection refused"),
            ("http://nowhere.invalid", "the name cannot be resolved"),
            ("http://", "the URL cannot be used"),
            ("gopher://127.0.0.1", "the request has failed (Unsupported scheme)"),
        ])
    func reason(url: String, reason: String) async throws {
        let pace = OTLPExporter.Pace(retry: .milliseconds(1), attempts: 1)
        try await export(to: url, batching: OTLPBatching(delay: .seconds(600)), pace: pace) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
        }
        #expect(warnings == ["Spans are dropped: \(reason)"])
    }

    @Test("drops and counts what a collector that is gone cannot take, and keeps nobody waiting")
    func gone() async throws {
        let collector = try await Collector()
        try await collector.close()
        let start = ContinuousClock.now
        let batching = OTLPBatching(delay: .seconds(60), exportTimeout: .seconds(600), queueSize: 20, batchSize: 5)
        try await export(to: collector.url, batching: batching, pace: OTLPExporter.Pace(retry: .seconds(60))) {
            tracer in
            for _ in 1...100 { tracer.startSpan("pour", context: .topLevel).end() }
        }
        #expect(start.duration(to: .now) < .seconds(20))
        let (full, failed) = (try dropped(because: "queue_full"), try dropped(because: "export_failed"))
        #expect(full + failed == 100 && full >= 100 - 20 - 5)
    }

    @Test("ends within its last two seconds, though the collector does not reply")
    func silence() async throws {
        let collector = try await Collector(statuses: [])
        let pace = OTLPExporter.Pace(shutdownTimeout: .milliseconds(100))
        let start = ContinuousClock.now
        try await export(to: collector.url, timeout: .seconds(600), pace: pace) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
            _ = await collector.next()
        }
        #expect(start.duration(to: .now) < .seconds(20))
        #expect(try dropped(because: "export_failed") == 1)
        #expect(warnings == ["Spans are dropped: the collector does not reply in time"])
        try await collector.close()
    }

    @Test("waits no longer for the rest of a response than for its beginning")
    func unfinishedResponse() async throws {
        let collector = try await Collector(isWhole: false)
        let start = ContinuousClock.now
        try await export(to: collector.url, timeout: .milliseconds(100)) { tracer in
            for _ in 0..<2 {
                tracer.startSpan("pour", context: .topLevel).end()
                _ = await collector.next()
            }
        }
        #expect(start.duration(to: .now) < .seconds(20))
        #expect(try dropped(because: "export_failed") == 2)
        #expect(warnings == ["Spans are dropped: the collector does not reply in time"])
        try await collector.close()
    }

    @Test("sends what is left when it is closed")
    func rest() async throws {
        let collector = try await Collector()
        try await export(to: collector.url, batching: OTLPBatching(delay: .seconds(600))) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
        }
        #expect(try exported() == 1)
        try await collector.close()
    }

    @Test("compresses what becomes shorter, if that is set", arguments: OTLPEndpoint.Encoding.allCases)
    func compression(encoding: OTLPEndpoint.Encoding) async throws {
        let collector = try await Collector()
        let batching = OTLPBatching(delay: .seconds(600), batchSize: 50)
        try await export(to: collector.url, encoding, batching: batching, changed: { $0.compression = .gzip }) {
            tracer in
            for _ in 1...50 { tracer.startSpan("pour", context: .topLevel).end() }
            let request = try #require(await collector.next())
            #expect(request.headers["content-encoding"] == "gzip" && request.body.starts(with: [0x1F, 0x8B]))
            #expect(request.headers["content-length"] == String(request.body.count))
        }
        #expect(try exported() == 50)
        try await collector.close()
    }

    @Test("trusts the certificates that are set, and shows its own to a collector that asks for it")
    func certificates() async throws {
        let certificate = try NIOSSLCertificate.fromPEMBytes(TestCertificate.certificate)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: TestCertificate.key, format: .pem)))
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates(certificate)
        let collector = try await Collector(tls: tls)
        try await export(to: collector.url, changed: Self.useCertificates) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
            _ = await collector.next()
        }
        #expect(try exported() == 1)
        try await collector.close()
    }

    private static func useCertificates(_ endpoint: inout OTLPEndpoint) throws {
        endpoint.certificates = try OTLPCertificates(
            trusted: TestCertificate.certificate, client: (TestCertificate.certificate, TestCertificate.key))
    }

    @Test("sends nothing to a collector whose certificate nobody vouches for")
    func stranger() async throws {
        let collector = try await Collector(
            tls: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(TestCertificate.certificate).map {
                    .certificate($0)
                },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: TestCertificate.key, format: .pem))))
        let batching = OTLPBatching(delay: .seconds(600))
        try await export(to: collector.url, batching: batching, pace: .init(shutdownTimeout: .seconds(1))) { tracer in
            tracer.startSpan("pour", context: .topLevel).end()
        }
        #expect(try dropped(because: "export_failed") == 1)
        #expect(warnings == ["Spans are dropped: TLS: its certificate cannot be verified"])
        try await collector.close()
    }

    @Test("tries a batch again no longer than the time that is set for it")
    func exportTimeout() async throws {
        let collector = try await Collector(statuses: [503])
        let batching = OTLPBatching(delay: .milliseconds(1), exportTimeout: .seconds(30))
        try await export(to: collector.url, batching: batching, pace: .init(retry: .seconds(60))) { tracer in
            tracer.startSpan("first", context: .topLevel).end()
            _ = await collector.next()
            tracer.startSpan("second", context: .topLevel).end()
            let request = try #require(await collector.next())
            #expect(!String(decoding: request.body, as: UTF8.self).contains("first"))
        }
        try await collector.close()
    }
}
