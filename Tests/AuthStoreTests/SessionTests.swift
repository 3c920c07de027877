import Auth
import Foundation
import Testing

@Suite("A store of sessions", .timeLimit(.minutes(1)))
struct SessionTests {
    @Test("opens one for who has the password, and forgets wrong ones", arguments: StoreKind.all)
    func opened(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.recordFailure(of: "ada", limit: 9, from: nil, at: second(0)) == 1)
            #expect(try await store.open(token("a")))
            #expect(
                try await store.refreshToken("a")
                    == StoredRefreshToken(token: token("a"), subject: "id of ada", use: nil, isEnded: false))
            #expect(try await store.user(named: "ada") == user("ada"))
            #expect(try await store.refreshToken("b") == nil)
            #expect(try await store.open(token("b"), passwordHash: "hash of ada", rehashed: "stronger") == [])
            #expect(try await store.user(named: "ada")?.passwordHash == "stronger")
        }
    }

    @Test("keeps whose a session is and what it permits", arguments: StoreKind.all)
    func scoped(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            for (hash, client, scope) in [("a", "web", ["time", "tide"]), ("b", nil, []), ("c", nil, nil)]
                as [(String, String?, Set<String>?)]
            {
                let plain = token(hash)
                let scoped = RefreshToken(
                    hash: hash, family: hash, user: "ada", issued: plain.issued, expires: plain.expires,
                    access: plain.access, client: client, scope: scope)
                #expect(try await store.open(scoped))
                #expect(try await store.refreshToken(hash)?.token == scoped)
            }
        }
    }

    @Test("opens none for who is gone or locked, or has another password meanwhile", arguments: StoreKind.all)
    func notOpened(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a"), passwordHash: "another", rehashed: nil) == nil)
            #expect(try await !store.open(token("b", of: "bob")))
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked))
            #expect(try await !store.open(token("a")))
            #expect(try await store.refreshToken("a") == nil)
        }
    }

    @Test("says what a user may do when it opens one, and when it gives the next token", arguments: StoreKind.all)
    func permissions(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.set(Role(name: "reader", permissions: ["read", "time"]), entry(.roleSet)).get()
            try await store.add(user("ada", ["time", "tide"], roles: ["reader"]))
            let first = try await store.open(token("a"), passwordHash: "hash of ada", rehashed: nil)
            #expect(first == ["read", "tide", "time"])
            let less = UserChange.access(permissions: ["tide"], roles: [])
            _ = try await store.change("ada", less, by: .system, entry(.accessChanged, at: second(1))).get()
            #expect(
                try await store.rotate("a", to: token("b", family: "a", at: second(2)), from: nil)
                    == .rotated(permissions: ["tide"]))
            #expect(try await store.permissions(of: "ada") == ["tide"])
        }
    }

    @Test("gives the next token for each, once", arguments: StoreKind.all)
    func rotation(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a")))
            let next = token("b", family: "a", at: second(10))
            #expect(try await store.rotate("a", to: next, from: nil) == .rotated(permissions: []))
            #expect(
                try await store.rotate("b", to: token("c", family: "a", at: second(20)), from: nil)
                    == .rotated(permissions: []))
            let use = StoredRefreshToken.Use(at: second(20), successor: "c", sealed: "sealed")
            #expect(
                try await store.refreshToken("b")
                    == StoredRefreshToken(token: next, subject: "id of ada", use: use, isEnded: false))
            #expect(try await store.refreshToken("c")?.isUsed == false)
            #expect(try await store.revoked().isEmpty)
        }
    }

    @Test("ends the family of a token that is used twice, and revokes what it had", arguments: StoreKind.all)
    func reuse(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a")))
            #expect(try await store.open(token("other")))
            #expect(
                try await store.rotate("a", to: token("b", family: "a", at: second(10)), from: nil)
                    == .rotated(permissions: []))
            let thief = token("x", family: "a", at: second(100))
            #expect(try await store.rotate("a", to: thief, from: "192.0.2.1") == .reused)
            #expect(Set(try await store.revoked()) == ["access of a", "access of b"])
            let late = token("y", family: "a", at: second(101))
            #expect(try await store.rotate("b", to: late, from: nil) == .ended)
            #expect(try await store.rotate("a", to: late, from: nil) == .ended)
            for hash in ["x", "y"] { #expect(try await store.refreshToken(hash) == nil) }
            #expect(try await store.refreshToken("b")?.isEnded == true)
            let record = try #require(try await store.audit(before: nil, limit: 1).first?.entry)
            #expect(record.action == .refreshTokenReused && record.target == "ada" && record.origin == "192.0.2.1")
            #expect(record.at == second(100))
            // The user's other session goes on.
            let next = token("p", family: "other", at: second(102))
            #expect(try await store.rotate("other", to: next, from: nil) == .rotated(permissions: []))
        }
    }

    @Test("gives one of many who use one token at once the next, and then ends the family", arguments: StoreKind.all)
    func race(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a")))
            let outcomes = try await withThrowingTaskGroup(of: Rotation.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await store.rotate("a", to: token("n\(number)", family: "a", at: second(1)), from: nil)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .rotated(permissions: []) } == 1 && outcomes.count { $0 == .reused } == 1)
            #expect(outcomes.count { $0 == .ended } == 6)
            #expect(try await store.revoked().count == 2)
        }
    }

    @Test("gives the next token once more for a while, as long as nobody has used it", arguments: StoreKind.all)
    func retried(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada", ["time"]))
            #expect(try await store.open(token("a")))
            func rotate(_ hash: String, to next: String, at moment: Int) async throws -> Rotation {
                try await store.rotate(
                    hash, to: token(next, family: "a", at: second(moment)), sealed: "sealed \(next)",
                    retryable: .seconds(10), from: nil)
            }
            let next = Rotation.repeated(
                token("b", family: "a", at: second(1)), sealed: "sealed b", permissions: ["time"])
            #expect(try await rotate("a", to: "b", at: 1) == .rotated(permissions: ["time"]))
            for moment in [1, 5, 10] { #expect(try await rotate("a", to: "x", at: moment) == next) }
            #expect(try await store.refreshToken("x") == nil)
            #expect(try await rotate("b", to: "c", at: 10) == .rotated(permissions: ["time"]))
            // Somebody has the next one: this is another hand.
            #expect(try await rotate("a", to: "x", at: 10) == .reused)
            #expect(try await rotate("c", to: "x", at: 10) == .ended)
            #expect(try await store.open(token("p")))
            #expect(try await rotate("p", to: "q", at: 1) == .rotated(permissions: ["time"]))
            #expect(try await rotate("p", to: "x", at: 11) == .reused)
        }
    }

    @Test("refuses a token that has ended, or that nobody knows", arguments: StoreKind.all)
    func expired(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a", lasts: 100)))
            #expect(try await store.rotate("a", to: token("b", family: "a", at: second(100)), from: nil) == .expired)
            #expect(try await store.rotate("z", to: token("b", family: "z"), from: nil) == .unknown)
            #expect(
                try await store.rotate("a", to: token("b", family: "a", at: second(99)), from: nil)
                    == .rotated(permissions: []))
        }
    }

    @Test("ends a session by any of its tokens, once", arguments: StoreKind.all)
    func ended(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a", accessLasts: 50)))
            #expect(
                try await store.rotate("a", to: token("b", family: "a", at: second(200)), from: nil)
                    == .rotated(permissions: []))
            let end = entry(.sessionEnded, at: second(300))
            #expect(try await store.endSession("a", end))
            #expect(try await !store.endSession("b", end))
            #expect(try await !store.endSession("z", end))
            // The first access token has been accepted nowhere for long.
            #expect(try await store.revoked() == ["access of b"])
            #expect(try await store.rotate("b", to: token("c", family: "a", at: second(301)), from: nil) == .ended)
            #expect(try await store.audit(before: nil, limit: 10).count == 2)
        }
    }

    @Test(
        "ends all sessions of a user with a lock or another password, and with fewer permissions only what is out",
        arguments: StoreKind.all)
    func changes(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for name in ["ada", "bob", "eve"] {
                try await store.add(user(name, ["time", "tide"]))
                #expect(try await store.open(token(name, of: name)))
            }
            func change(_ name: String, _ change: UserChange) async throws {
                _ = try await store.change(name, change, by: .system, entry(.accessChanged, of: name, at: second(5)))
                    .get()
            }
            try await change("bob", .access(permissions: ["time", "tide", "moon"], roles: []))
            #expect(try await store.revoked().isEmpty)
            try await change("bob", .access(permissions: ["time"], roles: []))
            #expect(try await store.revoked() == ["access of bob"])
            #expect(try await store.refreshToken("bob")?.isEnded == false)
            try await change("ada", .lock)
            try await change("eve", .password(hash: "new", replacing: nil))
            #expect(try await store.revoked() == ["access of bob", "access of ada", "access of eve"])
            #expect(try await store.refreshToken("ada")?.isEnded == true)
            #expect(try await store.refreshToken("eve")?.isEnded == true)
            try await change("ada", .unlock)
            #expect(try await store.refreshToken("ada")?.isEnded == true)
        }
    }
}
