import Boilerplate
import Contracts
import Endpoints
import RPC
import Testing

@Suite("The boilerplate", .timeLimit(.minutes(1)))
struct BoilerplateTests {
    func client() throws -> Client<BoilerplateContract> {
        let service = BoilerplateService(executor: QueueExecutor(name: "boilerplate"))
        return Client(try Line(service, BoilerplateContract.description, Trust().verifier))
    }

    @Test("greets by name, as often as it is asked to")
    func greets() async throws {
        let client = try client()
        let once = try await client.call(BoilerplateContract.greet, .init(name: "Ada"))
        #expect(once.greeting == "Hello, Ada!")
        let twice = try await client.call(BoilerplateContract.greet, .init(name: "Ada Løvelace", times: 2))
        #expect(twice.greeting == "Hello, Ada Løvelace! Hello, Ada Løvelace!")
        #expect(try await client.call(Smoke.endpoint) == .ok)
    }

    @Test("greets nobody without a name, nor without end")
    func refused() async throws {
        let client = try client()
        for (name, times, pointer) in [
            ("", nil, "/name"), (String(repeating: "a", count: 65), nil, "/name"), ("Ada", 0, "/times"),
            ("Ada", 11, "/times"),
        ] {
            let person = BoilerplateContract.Person(name: name, times: times)
            let refusal = await problem { try await client.call(BoilerplateContract.greet, person) }
            #expect(refusal?.kind == .invalid && refusal?.faults.map(\.pointer) == [pointer])
        }
    }
}
