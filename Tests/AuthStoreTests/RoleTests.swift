import Auth
import Foundation
import Testing

@Suite("A store of roles", .timeLimit(.minutes(1)))
struct RoleTests {
    @Test("adds, changes and removes roles, and lists them by name", arguments: StoreKind.all)
    func roles(_ kind: StoreKind) async throws {
        try await kind.open { store in
            #expect(try await store.roles().isEmpty)
            for role in [Role(name: "scribe", permissions: ["ink"]), Role(name: "clerk", permissions: [])] {
                #expect(try await store.set(role, entry(.roleSet, of: role.name)) == .success(role))
            }
            let scribe = Role(name: "scribe", permissions: ["pen", "ink"])
            _ = try await store.set(scribe, entry(.roleSet, of: "scribe"))
            #expect(try await store.roles() == [Role(name: "clerk", permissions: []), scribe])
            #expect(try await store.removeRole("scribe", entry(.roleRemoved)) == .success(scribe))
            #expect(try await store.removeRole("scribe", entry(.roleRemoved)) == .failure(.noSuchRole("scribe")))
            #expect(try await store.roles().map(\.name) == ["clerk"])
        }
    }

    @Test("takes a removed role from its users, and revokes what they hold of it", arguments: StoreKind.all)
    func removed(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for name in ["clerk", "scribe"] {
                _ = try await store.set(Role(name: name, permissions: ["ink"]), entry(.roleSet, of: name))
            }
            try await store.add(user("ada", roles: ["clerk"]))
            try await store.add(user("bob", roles: ["clerk", "scribe"]))
            for name in ["ada", "bob"] { #expect(try await store.open(token(name, of: name))) }
            _ = try await store.removeRole("clerk", entry(.roleRemoved, of: "clerk"))
            #expect(try await store.user(named: "ada")?.roles == [])
            #expect(try await store.user(named: "bob")?.roles == ["scribe"])
            // bob may do as much as before; neither has to show a password again.
            #expect(try await store.revoked() == ["access of ada"])
            #expect(try await store.refreshToken("ada")?.isEnded == false)
        }
    }

    @Test("revokes the tokens of those who may do less with a changed role, and of no others", arguments: StoreKind.all)
    func weakened(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "clerk", permissions: ["ink", "pen"]), entry(.roleSet))
            try await store.add(user("ada", roles: ["clerk"]))
            try await store.add(user("bob", ["pen"], roles: ["clerk"]))
            try await store.add(user("eve", ["pen"]))
            for name in ["ada", "bob", "eve"] { #expect(try await store.open(token(name, of: name))) }
            _ = try await store.set(Role(name: "clerk", permissions: ["ink", "pen", "wax"]), entry(.roleSet))
            #expect(try await store.revoked().isEmpty)
            _ = try await store.set(Role(name: "clerk", permissions: ["ink", "wax"]), entry(.roleSet))
            #expect(try await store.revoked() == ["access of ada"])
        }
    }
}
