import Endpoints
import Foundation
import RPCTesting
import Synchronization
import Testing
import Tracing

@testable import RPC

enum TeaContract: Contract {
    static let name = "tea"
    static let version = "1.0.0"
    static let summary = "Made for tests."

    static let pour = plain("pour", "/pour")
    static let refill = plain("refill", "/refill")

    static let endpoints = EndpointList {
        pour
        refill
    }
}

@Suite("Interceptors", .timeLimit(.minutes(1)))
struct InterceptorTests {
    /// Writes down when a call comes by, and when its reply does.
    private final class Recorder: ServerInterceptor, ClientInterceptor {
        let name: String
        let lines: Lines

        init(_ name: String, _ lines: Lines) {
            self.name = name
            self.lines = lines
        }

        func intercept(_ call: Call, to endpoint: EndpointDescriptor?, _ next: (Call) async -> Reply) async -> Reply {
            lines.add("\(name) \(endpoint?.name ?? "none")")
            var call = call
            call.requestID = (call.requestID ?? "") + name
            let reply = await next(call)
            lines.add("\(name) \(reply.status)")
            return reply
        }

        func intercept(_ call: Call, to endpoint: EndpointDescriptor, _ next: (Call) async -> Reply) async -> Reply {
            await intercept(call, to: Optional(endpoint), next)
        }
    }

    private final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    private struct Refusing: ServerInterceptor, ClientInterceptor {
        func intercept(_ call: Call, to endpoint: EndpointDescriptor?, _ next: (Call) async -> Reply) async -> Reply {
            .failure(Problem(.conflict, "Not today."))
        }

        func intercept(_ call: Call, to endpoint: EndpointDescriptor, _ next: (Call) async -> Reply) async -> Reply {
            await intercept(call, to: Optional(endpoint), next)
        }
    }

    private struct Repeating: ClientInterceptor {
        func intercept(_ call: Call, to endpoint: EndpointDescriptor, _ next: (Call) async -> Reply) async -> Reply {
            _ = await next(call)
            return await next(call)
        }
    }

    private func dispatcher(
        _ interceptors: [any ServerInterceptor], _ journal: Journal = Journal(), _ lines: Lines = Lines()
    ) throws -> Dispatcher {
        let service = TeaService {
            handle(TeaContract.pour) { _, _ in
                lines.add("handler")
                return Empty()
            }
            handle(TeaContract.refill) { _, _ in Empty() }
        }
        return try Dispatcher(
            service, contract: TeaContract.description, verifier: FakeVerifier(), interceptors: interceptors,
            observers: [journal])
    }

    @Test("wrap a call at the service, the first outermost, and what they change of it counts")
    func server() async throws {
        let (lines, journal) = (Lines(), Journal())
        let dispatcher = try dispatcher([Recorder("a", lines), Recorder("b", lines)], journal, lines)
        #expect(await dispatcher.dispatch(Call("tea.pour")).status == 200)
        #expect(lines.all == ["a pour", "b pour", "handler", "b 200", "a 200"])
        #expect(await dispatcher.dispatch(Call("tea.nothing")).status == 404)
        #expect(lines.all.suffix(4) == ["a none", "b none", "b 404", "a 404"])
    }

    @Test("wrap a call at the client, the first outermost, and may send it again")
    func client() async throws {
        let lines = Lines()
        let caller = InProcessCaller(try dispatcher([], Journal(), lines))
        let client = Client<TeaContract>(
            caller, interceptors: [Recorder("a", lines), Repeating(), Recorder("b", lines)])
        _ = try await client.call(TeaContract.pour)
        #expect(lines.all == ["a pour", "b pour", "handler", "b 200", "b pour", "handler", "b 200", "a 200"])
    }

    @Test("may reply themselves: what they wrap is not begun")
    func refusal() async throws {
        let lines = Lines()
        let refusing = try dispatcher([Refusing()], Journal(), lines)
        #expect(await refusing.dispatch(Call("tea.pour")).status == 409)
        let client = Client<TeaContract>(
            InProcessCaller(try dispatcher([], Journal(), lines)), interceptors: [Refusing()])
        await #expect(throws: Problem(.conflict, "Not today.")) { try await client.call(TeaContract.pour) }
        #expect(lines.all == [])
    }
}

@Suite("Traces", .timeLimit(.minutes(1)))
struct TracingTests {
    private let tracer = TestTracer()

    /// `pour` asks `refill`, by way of a client, within its context.
    private func client(inContext: Bool = true) throws -> Client<TeaContract> {
        let tracing = TracingInterceptor(tracer)
        let refills = TeaService { handle(TeaContract.refill) { _, _ in throw Problem(.unavailable, "Empty.") } }
        let refillContract = contract(TeaContract.refill.description)
        let pot = Client<TeaContract>(
            InProcessCaller(
                try Dispatcher(refills, contract: refillContract, verifier: FakeVerifier(), interceptors: [tracing])),
            interceptors: [tracing])
        let pours = TeaService {
            handle(TeaContract.pour) { _, context in
                if inContext { return try await pot.call(TeaContract.refill, in: context) }
                // A task that inherits nothing.
                return try await Task.detached { try await pot.call(TeaContract.refill, in: context) }.value
            }
        }
        return Client(
            InProcessCaller(
                try Dispatcher(
                    pours, contract: contract(TeaContract.pour.description), verifier: FakeVerifier(),
                    interceptors: [tracing])),
            interceptors: [tracing])
    }

    @Test("have a span at each side of each call, each the child of the one that caused it", arguments: [true, false])
    func tree(inContext: Bool) async throws {
        await #expect(throws: Problem.self) { try await client(inContext: inContext).call(TeaContract.pour) }
        let spans = tracer.spans
        #expect(spans.map(\.operationName) == ["tea/pour", "tea/pour", "tea/refill", "tea/refill"])
        #expect(spans.map(\.kind) == [.client, .server, .client, .server])
        #expect(spans.map(\.parent) == [nil] + spans.prefix(3).map { Optional($0.id) })
        #expect(spans.allSatisfy { !$0.isRecording })
        #expect(spans.allSatisfy { $0.context[TestTracer.Position.self]?.state == "test=1" })
    }

    @Test("say what was called and what came of it, in OpenTelemetry's words")
    func attributes() async throws {
        await #expect(throws: Problem.self) { try await client().call(TeaContract.pour) }
        for span in tracer.spans.suffix(2) {
            #expect(span.attributes["rpc.system"]?.toSpanAttribute() == "starmicroservices")
            #expect(span.attributes["rpc.service"]?.toSpanAttribute() == "tea")
            #expect(span.attributes["rpc.method"]?.toSpanAttribute() == "refill")
            #expect(span.attributes["rpc.response.status_code"]?.toSpanAttribute() == 503)
            #expect(span.attributes["error.type"]?.toSpanAttribute() == "unavailable")
            #expect(span.status?.code == .error)
        }
    }

    @Test(
        "go on from a caller that has one, and the call's own position is its span",
        arguments: [Transport.inProcess, .http, .zeroMQ, Transport("lines")])
    func continued(transport: Transport) async throws {
        let journal = Journal()
        let positions = Mutex<[TraceContext]>([])
        let service = TeaService {
            handle(TeaContract.pour) { _, context in
                positions.withLock { $0.append(context.trace) }
                return Empty()
            }
        }
        let dispatcher = try Dispatcher(
            service, contract: contract(TeaContract.pour.description), verifier: FakeVerifier(),
            interceptors: [TracingInterceptor(tracer)], observers: [journal])
        let parent = try #require(
            TraceContext(header: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", state: "rojo=1"))
        _ = await dispatcher.dispatch(Call("tea.pour", trace: parent, transport: transport))
        let span = try #require(tracer.spans.first)
        #expect(span.parent == "b7ad6b7169203331" && span.kind == .server)
        #expect(span.operationName == (transport == .http ? "POST /pour" : "tea/pour"))
        #expect(span.attributes["http.request.method"]?.toSpanAttribute() == (transport == .http ? "POST" : nil))
        let position = try #require(positions.withLock { $0.first })
        #expect(position.traceID == parent.traceID && position.header.contains(span.id) && position.state == "rojo=1")
    }

    @Test("cost nothing without a tracer: there is no interceptor then")
    func none() {
        #expect([any ServerInterceptor].tracing.isEmpty && [any ClientInterceptor].tracing.isEmpty)
    }
}
