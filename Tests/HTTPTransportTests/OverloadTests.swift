import AsyncHTTPClient
import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC
import Synchronization
import Testing
import Waiting
import Web

@testable import HTTPTransport

@Suite("An HTTP front of a service with more calls than it can answer", .timeLimit(.minutes(1)))
struct OverloadTests {
    private enum MillContract: Contract {
        static let name = "mill"
        static let version = "1.0.0"
        static let summary = "Made for tests."
        static let grind = Endpoint<Bytes, Empty>("grind", .post, "/grind", access: .token, summary: "Works.")
        static let endpoints = EndpointList { grind }
    }

    /// Works for a millisecond at each call.
    private actor Mill: Service {
        /// Read without waiting for the actor, as its calls do.
        nonisolated let runs = Atomic(0)

        nonisolated var handlers: Handlers { Handlers { handle(MillContract.grind, with: grind) } }

        private func grind(_: Bytes, _: CallContext) async -> Empty {
            runs.add(1, ordering: .relaxed)
            let end = ContinuousClock.now + .milliseconds(1)
            while ContinuousClock.now < end {}
            return Empty()
        }
    }

    /// Counts the tokens that it is shown.
    private final class CountingVerifier: TokenVerifier {
        let tokens = Atomic(0)

        func verify(_ token: String) async throws(Problem) -> Principal {
            tokens.add(1, ordering: .relaxed)
            return Principal(subject: "ada", permissions: [], tokenID: "1", expires: .distantFuture)
        }
    }

    /// Sends a request while some hundred calls wait.
    private func overload(
        _ path: String, _ headers: [String: String], _ test: (Answer, CountingVerifier) throws -> Void
    ) async throws {
        let (mill, verifier) = (Mill(), CountingVerifier())
        let dispatcher = try Dispatcher(mill, contract: MillContract.description, verifier: verifier)
        let front = try HTTPFront(dispatcher)
        let address = try await front.start()[0]
        for _ in 0..<800 {
            dispatcher.start(
                Call("mill.grind", contentType: Bytes.contentType, token: "calls", timeout: .seconds(20)),
                isolation: nil
            ) { _, _ in }
        }
        // By these it finds out how long a call takes.
        try await eventually { mill.runs.load(ordering: .relaxed) > 80 }
        var request = HTTPClientRequest(url: address + path)
        request.method = path == "/grind" ? .POST : .GET
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        let answer = Answer(
            status: Int(response.status.code), headers: response.headers, bytes: Array(bytes.readableBytesView))
        try test(answer, verifier)
        await front.stop()
    }

    private static let impatient = ["X-Token": "requests", "X-Timeout-Ms": "100", "X-Request-Id": "a"]

    @Test("refuses a request that would wait for more than half of its time, and reads nothing else of it")
    func refusal() async throws {
        try await overload("/grind", Self.impatient) { answer, _ in
            #expect(answer.status == 503 && answer.code == "overloaded")
            #expect(answer["Processed"] == "no" && answer["Retry-After"] == "1")
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-Request-Id"] == nil && answer["traceparent"] == nil && answer["Date"] != nil)
        }
    }

    @Test("handles a request that has the time to wait")
    func patience() async throws {
        let patient = ["X-Token": "requests", "X-Timeout-Ms": "20000", "Content-Type": Bytes.contentType]
        try await overload("/grind", patient) { answer, verifier in
            #expect(answer.status == 200, "\(answer.body)")
            #expect(verifier.tokens.load(ordering: .relaxed) == 801)
        }
    }

    @Test("still answers checks of health")
    func health() async throws {
        try await overload("/health/live", Self.impatient) { answer, verifier in
            #expect(answer.status == 200)
            #expect(verifier.tokens.load(ordering: .relaxed) < 801)
        }
    }
}
