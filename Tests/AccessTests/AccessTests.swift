import Endpoints
import RPC
import Testing

@Suite("The authorisation matrix", .timeLimit(.minutes(3)))
struct AccessTests {
    private static let names = Guarded.contracts.flatMap { contract in
        contract.endpoints.map(contract.qualifiedName)
    }

    @Test("has a row for every endpoint of every contract, and no other")
    func complete() {
        #expect(Set(Self.names) == Set(AccessMatrix.rows.keys))
        for (name, row) in AccessMatrix.rows { #expect(row.count == AccessRole.allCases.count, "\(name)") }
    }

    @Test("holds on both fronts", arguments: names, Guarded.Wire.allCases)
    func holds(_ name: String, _ wire: Guarded.Wire) async throws {
        let row = try #require(AccessMatrix.rows[name])
        // Those who are admitted come last, so that their changes are in no other's way.
        let visitors = zip(AccessRole.allCases, row).sorted { ($0.1 >= 400 ? 0 : 1) < ($1.1 >= 400 ? 0 : 1) }
        try await Guarded.run(wire) { guarded in
            for (visitor, status) in visitors {
                let reply = try await guarded.call(name, as: visitor)
                #expect(reply.status == status, "\(visitor): \(reply)")
            }
        }
    }
}

/// The callers, in the order of the matrix.
enum AccessRole: CaseIterable {
    case nobody, guest, owner, other, administrator, expired, revoked
}
