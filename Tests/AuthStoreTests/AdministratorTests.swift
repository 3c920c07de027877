import Auth
import Foundation
import Testing

@Suite("The last administrator of a store", .timeLimit(.minutes(1)))
struct AdministratorTests {
    static let clerk = Role(name: "clerk", permissions: ["users", "time"])

    @Test("is not locked, stripped or removed, by whatever way", arguments: StoreKind.all)
    func kept(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Self.clerk, entry(.roleSet, of: "clerk"))
            try await store.add(user("ada", roles: ["clerk"]))
            try await store.add(user("bob", ["time"]))
            var locked = user("eve", ["users"])
            locked.isLocked = true
            try await store.add(locked)
            let strip = UserChange.access(permissions: ["time"], roles: [])
            for change in [UserChange.lock, strip] {
                let result = try await store.change("ada", change, by: .system, entry(.userLocked, at: second(9)))
                #expect(result == .failure(.lastAdministrator))
            }
            #expect(try await store.remove("ada", by: .system, entry(.userRemoved)) == .failure(.lastAdministrator))
            let weaker = Role(name: "clerk", permissions: ["time"])
            #expect(try await store.set(weaker, entry(.roleSet)) == .failure(.lastAdministrator))
            #expect(try await store.removeRole("clerk", entry(.roleRemoved)) == .failure(.lastAdministrator))
            #expect(try await store.user(named: "ada") == user("ada", roles: ["clerk"]))
            #expect(try await store.roles() == [Self.clerk])
            // With a second one it goes.
            _ = try await store.change("eve", .unlock, by: .system, entry(.userUnlocked, of: "eve"))
            #expect(try await store.change("ada", .lock, by: .system, entry(.userLocked)).get().isLocked)
        }
    }

    @Test("is one of two who are removed at once", arguments: StoreKind.all)
    func race(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for round in 0..<5 {
                let names = ["ada\(round)", "bob\(round)"]
                for name in names { try await store.add(user(name, ["users"])) }
                if round > 0 { _ = try await removeOthers(than: names, store) }
                let results = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for name in names {
                        group.addTask {
                            try await store.remove(name, by: .system, entry(.userRemoved, of: name))
                                != .failure(.lastAdministrator)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(results.count { $0 } == 1)
            }
        }
    }

    private func removeOthers(than names: [String], _ store: any AuthStore) async throws {
        for user in try await store.users(after: nil, limit: 10) where !names.contains(user.name) {
            _ = try await store.remove(user.name, by: .system, entry(.userRemoved, of: user.name))
        }
    }

    @Test(
        "is not locked by wrong passwords, nor is any other user: they are counted and told", arguments: StoreKind.all)
    func failures(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada", ["users"]))
            try await store.add(user("bob"))
            #expect(try await store.open(token("b", of: "bob")))
            for count in 1...4 {
                for name in ["ada", "bob", "nobody"] {
                    let total = try await store.recordFailure(of: name, limit: 3, from: "192.0.2.1", at: second(4))
                    #expect(total == (name == "nobody" ? 0 : count))
                }
            }
            for name in ["ada", "bob"] {
                let user = try #require(try await store.user(named: name))
                #expect(!user.isLocked && user.failedAttempts == 4 && user.changed == second(0))
            }
            #expect(try await store.revoked().isEmpty)
            #expect(try await store.refreshToken("b")?.isEnded == false)
            let lines = try await store.audit(before: nil, limit: 9).map(\.entry).filter {
                $0.action == .passwordGuessed
            }
            #expect(lines.map(\.target) == ["bob", "ada", "bob", "ada"])
            #expect(lines.allSatisfy { $0.origin == "192.0.2.1" && $0.at == second(4) })
            let unlocked = try await store.change("bob", .unlock, by: .system, entry(.userUnlocked, of: "bob")).get()
            #expect(unlocked.failedAttempts == 0)
        }
    }

    @Test("is added at the first start, once, with the role", arguments: StoreKind.all)
    func first(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let role = Role(name: Role.administrator, permissions: ["users", "introspect"])
            func begin(_ name: String) async throws -> Bool {
                try await store.addFirstAdministrator(
                    user(name, roles: [Role.administrator]), role, entry(of: name))
            }
            try await store.add(user("bob", ["time"]))
            #expect(try await !store.hasAdministrator())
            let added = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 { group.addTask { try await begin("admin\(number)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(added.count { $0 } == 1)
            #expect(try await store.users(after: nil, limit: 10).count == 2)
            #expect(try await store.roles() == [role])
            #expect(try await !begin("admin"))
        }
    }

    @Test("who is locked is an administrator still, as far as a first one goes", arguments: StoreKind.all)
    func lockedFirst(_ kind: StoreKind) async throws {
        try await kind.open { store in
            var eve = user("eve", ["users"])
            eve.isLocked = true
            try await store.add(eve)
            let role = Role(name: Role.administrator, permissions: ["users"])
            #expect(try await store.hasAdministrator())
            #expect(try await !store.addFirstAdministrator(user("admin"), role, entry(of: "admin")))
            #expect(try await store.user(named: "admin") == nil)
            #expect(try await store.roles().isEmpty)
        }
    }
}
