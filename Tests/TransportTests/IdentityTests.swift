import AsyncHTTPClient
import Endpoints
import Foundation
import JSON
import NIOCore
import NIOHTTP1
import RPC
import RPCTesting
import Testing
import ZeroMQ

extension ConformanceTests {
    @Suite("a call's identity")
    struct IdentityTests {
        @Test("is no name that could not stand in a header or a log", arguments: Wire.remote)
        func noName(wire: Wire) async throws {
            try await ConformanceRig.run(WireTransport(wire)) { rig in
                let lengths = [1, 128, 129].map { String(repeating: "r", count: $0) }
                let names = lengths + ["not mine", "ö"]
                for name in names {
                    let trace = TraceContext.root()
                    _ = try await wire != .http ? zeroMQ(wire, rig, trace, name) : http(rig, trace, name)
                }
                #expect(rig.replies.map(\.requestID) == [names[0], names[1], nil, nil, nil])
            }
        }

        @Test("stands in what crosses the wire, and nothing of a failure's cause does", arguments: Wire.remote)
        func onTheWire(wire: Wire) async throws {
            try await ConformanceRig.run(WireTransport(wire)) { rig in
                let trace = TraceContext.root()
                let answer = try await wire != .http ? zeroMQ(wire, rig, trace) : http(rig, trace)
                #expect(answer.head.lowercased().contains("x-request-id: r-7\n"))
                #expect(answer.head.lowercased().contains("content-type: application/problem+json\n"))
                #expect(answer.body["trace_id"] == .string(trace.traceID))
                #expect(answer.body["code"] == "internal" && answer.body["status"] == 500)
                #expect(answer.body["type"] == "urn:problem-type:internal")
                #expect(answer.body["title"] == "Internal error")
                #expect(!(answer.head + String(decoding: answer.body.json(), as: UTF8.self)).contains("hunter2"))
            }
        }

        private struct Answer {
            let head: String
            let body: JSONValue
        }

        private func http(_ rig: ConformanceRig, _ trace: TraceContext, _ name: String = "r-7") async throws -> Answer {
            var request = HTTPClientRequest(url: rig.address + "/crash")
            request.method = .POST
            request.headers = ["traceparent": trace.header, "X-Request-Id": name]
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 20)
            let head = response.headers.map { "\($0.name): \($0.value)\n" }.joined()
            return Answer(head: head, body: try JSONValue(json: Data(body.readableBytesView)))
        }

        private func zeroMQ(
            _ wire: Wire, _ rig: ConformanceRig, _ trace: TraceContext, _ name: String = "r-7"
        ) async throws -> Answer {
            let peer = try await RawPeer(to: try Address(rig.address), in: try WireTransport.context(for: wire))
            let preamble: [UInt8] = Array("S1".utf8) + [1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]
            let head = "trial.crash\ntraceparent: \(trace.header)\nx-request-id: \(name)\n"
            await peer.send([preamble, Array(head.utf8), []])
            let reply = try #require(await peer.next())
            await peer.close()
            try #require(reply.count == 3)
            return Answer(head: String(decoding: reply[1], as: UTF8.self), body: try JSONValue(json: Data(reply[2])))
        }
    }
}
