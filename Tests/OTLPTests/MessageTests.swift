import Endpoints
import Foundation
import JSON
import RPC
import Testing
import Tracing

@testable import OTLP

@Suite("Messages of OTLP")
struct MessageTests {
    /// The bytes that `opentelemetry-proto` 1.x of PyPI writes for the same span.
    private static let bytes = """
        0a96020a180a160a0c736572766963652e6e616d6512060a0473686f7012f9010a130a11737461726d6963726f736572766963657312e1010a
        100af7651916cd43dd8448eb211c80319c1208b7ad6b71692033311a06726f6a6f3d31220800f067aa0ba902b72a087465612f706f75723002
        3901002a36fe9c971741fa002a36fe9c97174a070a0161120210004a100a0162120b18ffffffffffffffffff014a0e0a0163120921000000000000e03f
        4a090a016412040a02c3bc4a100a0165120b2a090a0318ac020a0218005a1909070000000000000012046c6174651a080a016b12030a017660026a
        1c0a100af7651916cd43dd8448eb211c80319c120800f067aa0ba902b77a0a1206456d7074792e1802850101000000
        """.replacing("\n", with: "")

    private func message() throws -> Message {
        let trace = try #require(
            TraceContext(header: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", state: "rojo=1"))
        var other = ServiceContext.topLevel
        other.traceContext = TraceContext(header: "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01")
        var content = EndedSpan.SpanContent(name: "tea/pour")
        content.attributes = ["a": false, "b": -1, "c": 0.5, "d": "ü", "e": .int64Array([300, 0])]
        content.status = SpanStatus(code: .error, message: "Empty.")
        content.events = [
            SpanEvent(
                name: "late", at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: 7), attributes: ["k": "v"])
        ]
        content.droppedEvents = 2
        content.links = [SpanLink(context: other, attributes: [:]), SpanLink(context: .topLevel, attributes: [:])]
        let span = EndedSpan(
            trace: trace, parentID: "00f067aa0ba902b7", kind: .server, start: 1_700_000_000_000_000_001,
            end: 1_700_000_000_000_000_250, content: content)
        return Message([span], from: ["service.name": "shop"])
    }

    @Test("are the bytes that other programs write in protobuf")
    func protobuf() throws {
        #expect(try message().protobuf.map { String(format: "%02x", $0) }.joined() == Self.bytes)
    }

    @Test("hold ids as hexadecimal digits, enums as numbers and 64-bit integers as strings in JSON")
    func json() throws {
        let request = try JSONValue(json: message().json)
        let (resource, span) = try Self.parts(request)
        #expect(resource["attributes"] == [["key": "service.name", "value": ["stringValue": "shop"]]])
        #expect(span["traceId"] == "0af7651916cd43dd8448eb211c80319c" && span["spanId"] == "b7ad6b7169203331")
        #expect(span["parentSpanId"] == "00f067aa0ba902b7" && span["traceState"] == "rojo=1")
        #expect(span["kind"] == 2 && span["status"] == ["code": 2, "message": "Empty."])
        #expect(span["startTimeUnixNano"] == "1700000000000000001")
        #expect(
            span["attributes"] == [
                ["key": "a", "value": ["boolValue": false]], ["key": "b", "value": ["intValue": "-1"]],
                ["key": "c", "value": ["doubleValue": .number(0.5)]], ["key": "d", "value": ["stringValue": "ü"]],
                [
                    "key": "e",
                    "value": ["arrayValue": ["values": [["intValue": "300"], ["intValue": "0"]]]],
                ],
            ])
    }

    @Test("write numbers that JSON does not have as words")
    func words() throws {
        for (number, word) in [(Double.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity")] {
            var content = EndedSpan.SpanContent(name: "x")
            content.attributes["n"] = number
            let span = EndedSpan(
                trace: .root(), parentID: nil, kind: .internal, start: 0, end: 0, content: content)
            let (_, written) = try Self.parts(JSONValue(json: Message([span], from: [:]).json))
            #expect(written["attributes"] == [["key": "n", "value": ["doubleValue": .string(word)]]])
            #expect(written["parentSpanId"] == nil)
        }
    }

    /// The resource and the only span of a request.
    private static func parts(_ request: JSONValue) throws -> (resource: JSONValue, span: JSONValue) {
        guard case .array(let groups) = request["resourceSpans"], groups.count == 1,
            case .array(let scopes) = groups[0]["scopeSpans"], scopes.count == 1,
            case .array(let spans) = scopes[0]["spans"], spans.count == 1, let resource = groups[0]["resource"]
        else { throw CocoaError(.coderReadCorrupt) }
        return (resource, spans[0])
    }
}
