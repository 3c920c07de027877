import Auth
import Foundation
import Testing

@Suite("A store of users", .timeLimit(.minutes(1)))
struct UserStoreTests {
    @Test("tells nothing of who is not there, or locked: neither a hash nor a permission", arguments: StoreKind.all)
    func nobody(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada", ["time"]))
            #expect(try await store.secret(of: "ada") == StoredSecret(subject: "id of ada", hash: "hash of ada"))
            #expect(try await store.permissions(of: "ada") == ["time"])
            for name in ["bob", "", "ada\0x"] {
                #expect(try await store.secret(of: name) == nil)
                #expect(try await store.permissions(of: name) == [])
            }
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked)).get()
            #expect(try await store.secret(of: "ada") == nil)
            #expect(try await store.permissions(of: "ada") == [])
        }
    }

    @Test(
        "finds the users it was given, by their exact names, with all that was said of them", arguments: StoreKind.all)
    func found(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "clerk", permissions: ["greet"]), entry(.roleSet, of: "clerk"))
            var ada = user("ada", ["time", "tide"], roles: ["clerk"])
            ada.isLocked = true
            ada.failedAttempts = 3
            try await store.add(ada)
            #expect(try await store.user(named: "ada") == ada)
            for name in ["Ada", "ada ", "ad", "", "ada%", "' OR 1=1 --"] {
                #expect(try await store.user(named: name) == nil)
            }
        }
    }

    @Test("takes a name with a NUL for nobody's, whatever stands before it", arguments: StoreKind.all)
    func nul(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for name in ["ada", "bob"] { try await store.add(user(name)) }
            for name in ["ada\0", "ada\0x", "\0ada"] {
                #expect(try await store.user(named: name) == nil)
                #expect(
                    try await store.change(name, .lock, by: .system, entry(.userLocked, of: name))
                        == .failure(.noSuchUser))
                #expect(
                    try await store.remove(name, by: .system, entry(.userRemoved, of: name)) == .failure(.noSuchUser))
                #expect(try await store.recordFailure(of: name, limit: 1, from: nil, at: second(1)) == 0)
            }
            #expect(try await store.user(named: "ada") == user("ada"))
            #expect(try await store.users(after: "ada\0x", limit: 9).map(\.name) == ["bob"])
        }
    }

    @Test("lists users and clients apart, page by page", arguments: StoreKind.all)
    func clients(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for name in ["clients", "client", "client:b", "client:a", "ada", "zoe"] { try await store.add(user(name)) }
            #expect(try await store.users(after: nil, limit: 9).map(\.name) == ["ada", "client", "clients", "zoe"])
            #expect(try await store.users(after: "client", limit: 1).map(\.name) == ["clients"])
            #expect(try await store.clients(after: nil, limit: 1).map(\.name) == ["client:a"])
            #expect(try await store.clients(after: "client:a", limit: 9).map(\.name) == ["client:b"])
        }
    }

    @Test("adds nobody of a name that is taken, nor with a role that there is not", arguments: StoreKind.all)
    func refused(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada", ["time"]))
            let second = try await store.add(user("ada", ["tide"]), by: .system, entry())
            #expect(second == .failure(.nameTaken))
            let stray = try await store.add(user("bob", roles: ["king"]), by: .system, entry(of: "bob"))
            #expect(stray == .failure(.noSuchRole("king")))
            #expect(try await store.users(after: nil, limit: 10) == [user("ada", ["time"])])
            #expect(try await store.audit(before: nil, limit: 10).count == 1)
        }
    }

    @Test("writes nothing, and no line, if all is so already", arguments: StoreKind.all)
    func unchanged(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let role = Role(name: "clerk", permissions: ["greet"])
            _ = try await store.set(role, entry(.roleSet, of: "clerk")).get()
            try await store.add(user("ada", ["time"], roles: ["clerk"]))
            let lines = try await store.audit(before: nil, limit: 9).count
            _ = try await store.set(role, entry(.roleSet, of: "clerk", at: second(5))).get()
            for change in [
                .access(permissions: ["time"], roles: ["clerk"]), .grant(permissions: ["time"], roles: []),
                .withdrawal(permissions: ["tide"], roles: []), .unlock,
            ] as [UserChange] {
                let same = try await store.change("ada", change, by: .system, entry(.accessChanged, at: second(5)))
                #expect(try same.get() == user("ada", ["time"], roles: ["clerk"]))
            }
            #expect(try await store.audit(before: nil, limit: 9).count == lines)
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked)).get()
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked, at: second(5))).get()
            #expect(try await store.audit(before: nil, limit: 9).count == lines + 1)
        }
    }

    @Test("one of many who add the same name at once does", arguments: StoreKind.all)
    func race(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let added = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let result = try await store.add(user("ada", ["p\(number)"]), by: .system, entry())
                        return (try? result.get()) != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 1)
        }
    }

    @Test("lists users page by page, in the order of their names' bytes", arguments: StoreKind.all)
    func pages(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let names = ["b", "a", "B", "a.b", "aa", "a-b", "z9", "é"]
            for name in names { try await store.add(user(name, ["time"])) }
            var listed: [String] = []
            for count in [3, 3, 2] {
                let page = try await store.users(after: listed.last, limit: 3)
                listed += page.map(\.name)
                #expect(page.count == count)
            }
            #expect(listed == ["B", "a", "a-b", "a.b", "aa", "b", "z9", "é"])
            #expect(try await store.users(after: "z9", limit: 1).map(\.permissions) == [["time"]])
            #expect(try await store.users(after: "é", limit: 10).isEmpty)
        }
    }

    @Test("grants nobody what whoever grants does not hold, and lets alone what the user has", arguments: StoreKind.all)
    func granting(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "clerk", permissions: ["greet", "seal"]), entry(.roleSet, of: "clerk"))
            func whoHolds(_ permissions: Set<String>?) async throws -> Authority {
                guard let permissions else { return .system }
                _ = try await store.remove("root", by: .system, entry(.userRemoved, of: "root"))
                try await store.add(user("root", permissions.union(["users"])))
                return .administrator("root")
            }
            func change(_ permissions: Set<String>, _ roles: Set<String>, held: Set<String>?) async throws
                -> StoreRejection?
            {
                let change = UserChange.access(permissions: permissions, roles: roles)
                let result = try await store.change(
                    "ada", change, by: whoHolds(held), entry(.accessChanged, at: second(1)))
                if case .failure(let refusal) = result { return refusal }
                return nil
            }
            try await store.add(user("second", ["users"]))
            let strong = try await store.add(user("ada", ["time", "tide"]), by: whoHolds(["time"]), entry())
            #expect(strong == .failure(.notHeld(["tide"])))
            let risen = try await store.add(user("ada", roles: ["clerk"]), by: whoHolds(["greet"]), entry())
            #expect(risen == .failure(.notHeld(["seal"])))
            try await store.add(user("ada", ["moon"]))
            #expect(try await change(["moon", "time"], [], held: ["users"]) == .notHeld(["time"]))
            #expect(try await change(["moon"], ["clerk"], held: ["seal"]) == .notHeld(["greet"]))
            #expect(try await change(["moon"], ["king"], held: ["seal"]) == .noSuchRole("king"))
            #expect(try await store.user(named: "ada") == user("ada", ["moon"]))
            #expect(try await change(["moon", "greet"], ["clerk"], held: ["seal", "greet"]) == nil)
            let ada = try await store.user(named: "ada")
            #expect(ada?.permissions == ["moon", "greet"] && ada?.roles == ["clerk"] && ada?.changed == second(1))
            #expect(try await change([], [], held: []) == nil)
            #expect(try await change(["anything"], [], held: nil) == nil)
        }
    }

    @Test("lets nobody change users who is no administrator in that moment", arguments: StoreKind.all)
    func authority(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "clerk", permissions: ["users"]), entry(.roleSet, of: "clerk"))
            try await store.add(user("ada", roles: ["clerk"]))
            try await store.add(user("bob", ["users"]))
            try await store.add(user("eve"))
            func refused(_ name: String) async throws -> [Bool] {
                let eve = entry(of: "eve")
                let right = Authority.administrator(name)
                return [
                    try await store.add(user("new"), by: right, eve) == .failure(.notAdministrator),
                    try await store.change("eve", .lock, by: right, eve) == .failure(.notAdministrator),
                    try await store.remove("eve", by: right, eve) == .failure(.notAdministrator),
                ]
            }
            for name in ["eve", "nobody"] { #expect(try await refused(name) == [true, true, true], "\(name)") }
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked)).get()
            #expect(try await refused("ada") == [true, true, true])
            #expect(try await store.user(named: "eve")?.isLocked == false)
            #expect(try await store.user(named: "new") == nil)
            #expect(try await refused("bob") == [false, false, false])
        }
    }

    @Test("gives and takes beside what the user has in that moment", arguments: StoreKind.all)
    func grants(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "clerk", permissions: ["ink"]), entry(.roleSet, of: "clerk"))
            try await store.add(user("ada", ["time"]))
            #expect(try await store.open(token("a")))
            func change(_ change: UserChange) async throws -> [Set<String>] {
                let ada = try await store.change("ada", change, by: .system, entry(.accessChanged)).get()
                return [ada.permissions, ada.roles]
            }
            #expect(
                try await change(.grant(permissions: ["tide"], roles: ["clerk"])) == [["tide", "time"], ["clerk"]])
            #expect(try await store.revoked().isEmpty)
            #expect(try await change(.withdrawal(permissions: ["time", "moon"], roles: [])) == [["tide"], ["clerk"]])
            #expect(try await store.revoked() == ["access of a"])
            #expect(try await change(.withdrawal(permissions: [], roles: ["clerk"])) == [["tide"], []])
        }
    }

    @Test("permits nobody more than a token can name, by permission or by role", arguments: StoreKind.all)
    func tooMuch(_ kind: StoreKind) async throws {
        try await kind.open { store in
            func permissions(_ count: Int, _ start: String) -> Set<String> {
                Set((0..<count).map { start + String(repeating: "x", count: 60) + String(format: "%03d", $0) })
            }
            let half = permissions(16, "a")
            let clerk = Role(name: "clerk", permissions: permissions(15, "b"))
            _ = try await store.set(clerk, entry(.roleSet, of: "clerk")).get()
            try await store.add(user("ada", half, roles: ["clerk"]))
            #expect(try await store.add(user("bob", permissions(33, "a")), by: .system, entry()) == .failure(.tooMuch))
            let more = UserChange.grant(permissions: permissions(2, "c"), roles: [])
            #expect(try await store.change("ada", more, by: .system, entry()) == .failure(.tooMuch))
            let larger = Role(name: "clerk", permissions: permissions(18, "b"))
            #expect(try await store.set(larger, entry(.roleSet, of: "clerk")) == .failure(.tooMuch))
            #expect(try await store.roles() == [clerk])
            #expect(try await store.user(named: "ada") == user("ada", half, roles: ["clerk"]))
        }
    }

    @Test("changes a password in place of the one that was shown, and of no other", arguments: StoreKind.all)
    func password(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            func change(_ hash: String, replacing: String?) async throws -> Result<User, StoreRejection> {
                try await store.change(
                    "ada", .password(hash: hash, replacing: replacing), by: .system,
                    entry(.passwordChanged, at: second(5)))
            }
            #expect(try await change("b", replacing: "a") == .failure(.passwordChanged))
            #expect(try await change("b", replacing: "hash of ada").get().passwordHash == "b")
            #expect(try await change("c", replacing: nil).get().changed == second(5))
            #expect(try await store.user(named: "ada")?.passwordHash == "c")
            let nobody = try await store.change("bob", .lock, by: .system, entry(.userLocked, of: "bob"))
            #expect(nobody == .failure(.noSuchUser))
        }
    }

    @Test("removes a user once, with sessions, and knows nothing of them afterwards", arguments: StoreKind.all)
    func removed(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada", ["time"]))
            try await store.add(user("bob"))
            #expect(try await store.open(token("a")))
            let gone = try await store.remove("ada", by: .system, entry(.userRemoved))
            #expect(try gone.get().permissions == ["time"])
            #expect(try await store.remove("ada", by: .system, entry(.userRemoved)) == .failure(.noSuchUser))
            #expect(try await store.users(after: nil, limit: 10).map(\.name) == ["bob"])
            #expect(try await store.refreshToken("a") == nil)
            #expect(try await store.revoked() == ["access of a"])
            // The next user of the name has nothing of the old one.
            try await store.add(user("ada"))
            #expect(try await store.user(named: "ada")?.permissions == [])
        }
    }
}
