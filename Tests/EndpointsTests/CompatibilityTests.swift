@testable import Endpoints
import JSON
import Testing

@Suite("Contracts of two editions")
struct CompatibilityTests {
    private struct Loose: Payload {
        static let schema = Schema.object(
            .required("name", .string(example: "Ada"), "A name."),
            .optional("age", .integer(0...150, example: 36), "Years."))
    }

    private struct Strict: Payload {
        static let schema = Schema.object(
            .required("name", .string(example: "Ada"), "A name."),
            .required("age", .integer(0...150, example: 36), "Years."))
    }

    private struct Other: Payload {
        static let schema = Schema.object(.required("name", .integer(example: 1), "A number."))
    }

    private func contract<Input: Payload, Output: Payload>(
        named name: String = "people", endpoint: String = "find", _: Input.Type, _: Output.Type
    ) -> ContractDescriptor {
        let endpoints = EndpointList {
            Endpoint<Input, Output>(endpoint, .get, PathTemplate("/\(endpoint)"), access: .open, summary: "Finds.")
        }
        return ContractDescriptor(
            name: name, typeName: nil, version: "1.0.0", summary: "People.", endpoints: endpoints.descriptions)
    }

    @Test("equal contracts have one hash and go together")
    func equal() {
        #expect(contract(Loose.self, Strict.self).hash == contract(Loose.self, Strict.self).hash)
        #expect(contract(Loose.self, Loose.self).hash != contract(Loose.self, Strict.self).hash)
        #expect(contract(Loose.self, Strict.self).incompatibility(with: contract(Loose.self, Strict.self)) == nil)
    }

    @Test("a service that requires less and gives more serves the older client")
    func growth() {
        #expect(contract(Loose.self, Strict.self).incompatibility(with: contract(Strict.self, Loose.self)) == nil)
    }

    @Test("a service that requires more is refused with the field's name")
    func input() {
        let fault = contract(Strict.self, Empty.self).incompatibility(with: contract(Loose.self, Empty.self))
        #expect(fault == "people.find does not take what the client sends: /age may be missing.")
    }

    @Test("a service that gives less is refused with the field's name")
    func output() {
        let fault = contract(Empty.self, Loose.self).incompatibility(with: contract(Empty.self, Strict.self))
        #expect(fault == "people.find does not give what the client reads: /age may be missing.")
    }

    @Test("another kind, another service, a missing endpoint: each has its sentence")
    func others() {
        let own = contract(Loose.self, Empty.self)
        #expect(
            own.incompatibility(with: contract(Other.self, Empty.self))?.contains("/name is of another kind") == true)
        let animals = contract(named: "animals", Loose.self, Empty.self)
        #expect(own.incompatibility(with: animals)?.contains("animals") == true)
        #expect(
            own.incompatibility(with: contract(endpoint: "lose", Loose.self, Empty.self))
                == "The client knows the endpoint people.lose, which is not here.")
    }

    @Test("a contract is read again from its JSON")
    func reading() throws {
        let written = contract(Loose.self, Strict.self)
        let read = try ContractDescriptor(json: JSONValue(json: written.json.json()))
        #expect(read.hash == written.hash)
        #expect(read.json == written.json)
    }
}
