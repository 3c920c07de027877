import Collector
import Endpoints
import Foundation
import JSON
import Testing
import Web

@Suite("Traces", .timeLimit(.minutes(5)))
struct TraceTests {
    private static let services = ["auth", "resource", "webapp"]
    private static let calls = [("auth", "create", "http"), ("resource", "current_time", "zmq")]

    /// True if the page view is there, and both sides of each call that it makes.
    private static func isWhole(_ spans: [TracedSpan]) -> Bool {
        let sides = calls.flatMap { [[$0.0, $0.1], ["webapp", $0.1]] }
        return spans.contains { $0.service == "webapp" && $0.kind == 2 }
            && sides.allSatisfy { side in
                spans.contains { [$0.service, $0.method] == side && ($0.kind == 3) == ($0.service == "webapp") }
            }
    }

    @Test("show a page view at webapp, auth and resource, over both wires, and its log lines name their spans")
    func view() async throws {
        let collector = try await Collector()
        let trace = "0af7651916cd43dd8448eb211c80319c"
        try await Site.open({ site in
            [
                "AUTH_URL": site.url("auth"), "LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
            ]
        }) { site in
            var running: [Running] = []
            for service in Self.services { running.append(try site.start(["serve", service])) }
            for service in Self.services { try await site.ready(service) }
            let view = try await Web.get(
                site.url("webapp") + "/api/v1/time/current_time",
                ["traceparent": "00-\(trace)-b7ad6b7169203331-01", "tracestate": "rojo=1"])
            #expect(view.status == 200)
            // The last spans leave when the services stop.
            for process in running { #expect(try await process.stop() == 0) }
            let spans = try await TracedSpan.all(at: collector, of: trace, until: Self.isWhole)
            let visit = try #require(spans.first { $0.service == "webapp" && $0.kind == 2 })
            #expect(visit.parent == "b7ad6b7169203331" && visit.name == "GET /api/v1/time/current_time")
            for (service, method, wire) in Self.calls {
                let client = try #require(spans.first { $0.service == "webapp" && $0.method == method && $0.kind == 3 })
                let server = try #require(spans.first { $0.service == service && $0.method == method })
                #expect(client.parent == visit.id && server.parent == client.id && server.kind == 2)
                #expect(server.wire == wire && client.wire == wire)
            }
            #expect(spans.allSatisfy { $0.state == "rojo=1" })
            #expect(site.logs.contains("span_id=\(visit.id)"))
        }
        try await collector.close()
    }
}

/// A span as a collector reads it in JSON.
private struct TracedSpan {
    let service, trace, id, name: String
    let parent, state, method, wire: String?
    let kind: Int

    /// The spans of a trace, as soon as there are enough of them.
    static func all(
        at collector: Collector, of trace: String, until isEnough: ([TracedSpan]) -> Bool
    ) async throws -> [TracedSpan] {
        var spans: [TracedSpan] = []
        while !isEnough(spans) {
            let request = try #require(await collector.next())
            spans += try all(in: request.body).filter { $0.trace == trace }
        }
        return spans
    }

    private static func all(in body: [UInt8]) throws -> [TracedSpan] {
        let request = try JSONValue(json: Data(body))
        return (request["resourceSpans"]?.elements ?? []).flatMap { group in
            let service = text("service.name", of: group["resource"]) ?? ""
            let spans = (group["scopeSpans"]?.elements ?? []).flatMap { $0["spans"]?.elements ?? [] }
            return spans.map { TracedSpan($0, service) }
        }
    }

    private init(_ span: JSONValue, _ service: String) {
        self.service = service
        trace = span["traceId"]?.string ?? ""
        id = span["spanId"]?.string ?? ""
        name = span["name"]?.string ?? ""
        parent = span["parentSpanId"]?.string
        state = span["traceState"]?.string
        method = Self.text("rpc.method", of: span)
        wire = Self.text("network.protocol.name", of: span)
        kind = if case .integer(let kind) = span["kind"] { kind } else { 0 }
    }

    private static func text(_ key: String, of value: JSONValue?) -> String? {
        value?["attributes"]?.elements.first { $0["key"]?.string == key }?["value"]?["stringValue"]?.string
    }
}
