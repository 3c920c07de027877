import Endpoints
import RPC
import RPCTesting
import Testing

@testable import greeter

@Suite("A service of another package")
struct GreetingTests {
    private let caller: any Caller

    init() throws {
        let dispatcher = try Dispatcher(
            GreetingService(), contract: GreetingContract.description, verifier: FakeVerifier())
        caller = InProcessCaller(dispatcher)
    }

    @Test("greets a caller with the permission")
    func greet() async throws {
        let token = "good:greet"
        let greeting = Client<GreetingContract>(caller)
        let hello = try await greeting.call(GreetingContract.greet, Person(name: "Ada"), token: token)
        #expect(hello.text == "Hello, Ada!")
    }

    @Test("refuses a token without the permission, and a name that is too short")
    func refuse() async throws {
        let greeting = Client<GreetingContract>(caller)
        let problem = await #expect(throws: Problem.self) {
            try await greeting.call(GreetingContract.greet, Person(name: "Ada"), token: "good:time")
        }
        #expect(problem?.kind == .permissionDenied)
        let invalid = await #expect(throws: Problem.self) {
            try await greeting.call(GreetingContract.greet, Person(name: ""), token: "good:greet")
        }
        #expect(invalid?.kind == .invalid && invalid?.faults.map(\.pointer) == ["/name"])
    }
}
