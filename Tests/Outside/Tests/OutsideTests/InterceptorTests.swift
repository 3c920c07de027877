import Endpoints
import RPC
import RPCTesting
import Synchronization
import Testing

@testable import greeter

@Suite("Interceptors of another package")
struct InterceptorTests {
    @Test("refuse calls at the service, and repeat them at the client")
    func intercept() async throws {
        let door = Door()
        let dispatcher = try Dispatcher(
            GreetingService(), contract: GreetingContract.description, verifier: FakeVerifier(), interceptors: [door])
        let greeting = Client<GreetingContract>(
            InProcessCaller(dispatcher), interceptors: .tracing + [Retrying(attempts: 3)])
        let hello = try await greeting.call(GreetingContract.greet, Person(name: "Ada"), token: "good:greet")
        #expect(hello.text == "Hello, Ada!")
        #expect(door.calls.load(ordering: .relaxed) == 3)
    }
}

/// Refuses the first two calls.
private final class Door: ServerInterceptor {
    let calls = Atomic(0)

    func intercept(
        _ call: Call, to endpoint: EndpointDescriptor?, _ next: nonisolated(nonsending) (Call) async -> Reply
    ) async -> Reply {
        guard calls.add(1, ordering: .relaxed).newValue > 2 else {
            return .failure(Problem(.unavailable, "Not yet.", retryAfter: .milliseconds(1), isUnprocessed: true))
        }
        return await next(call)
    }
}

/// Repeats a call that was certainly not begun or may be repeated, within its time.
private struct Retrying: ClientInterceptor {
    let attempts: Int

    func intercept(
        _ call: Call, to endpoint: EndpointDescriptor, _ next: nonisolated(nonsending) (Call) async -> Reply
    ) async -> Reply {
        var reply = await next(call)
        for _ in 1..<attempts {
            guard let problem = reply.problem, problem.kind == .unavailable, let timeout = call.timeout,
                problem.isUnprocessed || endpoint.isIdempotent
            else { return reply }
            let pause = problem.retryAfter ?? .milliseconds(100)
            guard call.received + timeout > .now + pause else { return reply }
            try? await Task.sleep(for: pause)
            guard !Task.isCancelled else { return .failure(.cancelled) }
            reply = await next(call)
        }
        return reply
    }
}
