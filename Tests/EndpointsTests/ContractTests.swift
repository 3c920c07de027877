@testable import Endpoints
import JSON
import Testing

@Suite("A contract")
struct ContractTests {
    private func contract(_ endpoints: EndpointDescriptor...) -> ContractDescriptor {
        ContractDescriptor(name: "tea", typeName: nil, version: "1.0.0", summary: "Tea.", endpoints: endpoints)
    }

    private func pour(
        _ name: String = "pour", _ path: PathTemplate = "/tea", access: Access = .open, idempotent: Bool? = nil
    ) -> EndpointDescriptor {
        Endpoint<Cup, Empty>(
            name, .post, path, access: access, idempotent: idempotent, deadline: .milliseconds(250), summary: "Pours."
        ).description
    }

    @Test("is read as it was written")
    func json() throws {
        let original = contract(
            pour(access: .permission("pour")), pour("drink", "/tea/{size}", access: .token),
            pour("spill", "/floor", access: .permission("pour", introspect: true)))
        let read = try ContractDescriptor(json: JSONValue(json: original.json.json()))
        #expect(read.json == original.json && read.hash == original.hash)
        #expect(read.endpoints.map(\.name) == ["pour", "drink", "spill"])
        #expect(read.endpoints[1].http.path.fields == ["size"])
        #expect(read.endpoints[0].deadline == .milliseconds(250))
    }

    @Test("that is none is not read", arguments: [[:], ["name": "tea"], [], "tea", 7] as [JSONValue])
    func noContract(json: JSONValue) {
        #expect(throws: Problem.self) { try ContractDescriptor(json: json) }
    }

    @Test("has a hash of 16 digits that changes with names, paths and access")
    func hash() {
        let hashes = [
            contract(pour()), contract(pour("drink")), contract(pour(access: .token)), contract(pour("pour", "/cup")),
            contract(pour(access: .permission("pour"))), contract(pour(access: .permission("pour", introspect: true))),
            contract(), contract(pour(idempotent: true)),
        ].map(\.hash)
        #expect(Set(hashes).count == hashes.count)
        #expect(hashes.allSatisfy { $0.count == 16 && $0.allSatisfy(\.isHexDigit) })
        #expect(contract(pour()).hash == contract(pour()).hash)
    }

    @Test("says of an endpoint what follows from its method")
    func methods() {
        #expect(HTTPMethod.allCases.filter(\.isIdempotent) == [.get, .put, .delete])
        #expect(HTTPMethod.allCases.filter(\.hasBody) == [.post, .put, .patch])
        #expect(!pour().isIdempotent && pour(idempotent: true).isIdempotent)
    }
}

private struct Cup: Payload {
    static let schema = Schema.object(.required("size", .integer(1...3, example: 2), "How large."))

    var size: Int
}
