import AsyncHTTPClient
import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC
import Testing
import ZeroMQ

extension Conformance {
    @Suite("a call's identity")
    struct IdentityTests {
        @Test("is the trace of the call that caused it", arguments: Wire.allCases)
        func trace(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let context = CallContext(endpoint: "a.b")
                let circumstances = try await rig.client.call(TrialContract.context, in: context)
                #expect(circumstances.trace == context.trace.traceID)
                #expect(rig.journal.all.map(\.trace.traceID) == [context.trace.traceID])
                let other = try await rig.client.call(TrialContract.context)
                #expect(other.trace != context.trace.traceID)
            }
        }

        @Test("is what other tracing systems say of it, too", arguments: Wire.allCases)
        func traceState(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let parent = TraceContext.root().header
                let trace = try #require(TraceContext(header: parent, state: "rojo=00f067aa0ba902b7,congo=t61 x"))
                let context = CallContext(endpoint: "a.b", trace: trace)
                _ = try await rig.client.call(TrialContract.context, in: context)
                #expect(rig.journal.all.map(\.trace.state) == [trace.state])
            }
        }

        @Test("is the endpoint's qualified name, and it runs on its service's thread", arguments: Wire.allCases)
        func name(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let circumstances = try await rig.client.call(TrialContract.context)
                #expect(circumstances.endpoint == "trial.context")
                #expect(circumstances.isOnThread)
            }
        }

        @Test("is the place in its trace that its caller has given it", arguments: Wire.remote)
        func span(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let trace = TraceContext.root()
                _ = try await wire.isZeroMQ ? zeroMQ(rig, trace) : http(rig, trace)
                #expect(rig.journal.all.map(\.trace) == [trace])
            }
        }

        @Test("is no name that could not stand in a header or a log", arguments: Wire.remote)
        func noName(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let lengths = [1, 128, 129].map { String(repeating: "r", count: $0) }
                let names = lengths + ["not mine", "ö"]
                for name in names {
                    let trace = TraceContext.root()
                    _ = try await wire.isZeroMQ ? zeroMQ(rig, trace, name) : http(rig, trace, name)
                }
                #expect(rig.journal.all.map(\.requestID) == [names[0], names[1], nil, nil, nil])
            }
        }

        @Test("is the caller's own name for it, too", arguments: Wire.allCases)
        func requestID(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                _ = await rig.send(TrialContract.nothing, requestID: "r-1/e")
                _ = await rig.send(TrialContract.crash, requestID: "r-2")
                #expect(rig.journal.all.map(\.requestID) == ["r-1/e", "r-2"])
            }
        }

        @Test("stands in what crosses the wire, and nothing of a failure's cause does", arguments: Wire.remote)
        func onTheWire(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let trace = TraceContext.root()
                let answer = try await wire.isZeroMQ ? zeroMQ(rig, trace) : http(rig, trace)
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

        private func http(_ rig: Rig, _ trace: TraceContext, _ name: String = "r-7") async throws -> Answer {
            var request = HTTPClientRequest(url: rig.address + "/crash")
            request.method = .POST
            request.headers = ["traceparent": trace.header, "X-Request-Id": name]
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 20)
            let head = response.headers.map { "\($0.name): \($0.value)\n" }.joined()
            return Answer(head: head, body: try JSONValue(json: Data(body.readableBytesView)))
        }

        private func zeroMQ(_ rig: Rig, _ trace: TraceContext, _ name: String = "r-7") async throws -> Answer {
            let peer = try await RawPeer(to: try Address(rig.address), in: try Rig.context.get())
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
