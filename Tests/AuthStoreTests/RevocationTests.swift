import Auth
import Foundation
import Testing
import Waiting

@Suite("A store of revocations", .timeLimit(.minutes(1)))
struct RevocationTests {
    static func reference(_ id: String, lasts seconds: Int = 300) -> TokenReference {
        TokenReference(id: id, expires: second(seconds))
    }

    @Test("knows a revoked token by its id, and gives it one version", arguments: StoreKind.all)
    func revoked(_ kind: StoreKind) async throws {
        try await kind.open { store in
            #expect(try await !store.isRevoked("a"))
            for _ in 1...2 { try await store.revoke(Self.reference("a"), entry(.tokenRevoked, of: "a")) }
            #expect(try await store.isRevoked("a"))
            #expect(try await !store.isRevoked("A"))
            let changes = try await store.changes(since: 0, limit: 10)
            #expect(changes.version == 1 && changes.isComplete && changes.keysVersion == 0)
            #expect(changes.revocations == [.init(version: 1, token: Self.reference("a"))])
            #expect(try await store.audit(before: nil, limit: 10).count == 1)
        }
    }

    @Test("tells what came after a version, page by page and without a gap", arguments: StoreKind.all)
    func pages(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for number in 1...7 { try await store.revoke(Self.reference("t\(number)"), entry(.tokenRevoked)) }
            var seen: [Int] = []
            var version = 0
            for isLast in [false, false, true] {
                let changes = try await store.changes(since: version, limit: 3)
                seen += changes.revocations.map(\.version)
                version = changes.version
                #expect(changes.isComplete == isLast)
            }
            #expect(seen == Array(1...7) && version == 7)
            let none = try await store.changes(since: 7, limit: 3)
            #expect(none.version == 7 && none.revocations.isEmpty && none.isComplete)
            #expect(try await store.changes(since: 99, limit: 10).revocations.count == 7)
        }
    }

    @Test("shows versions in their order to who reads while many write", arguments: StoreKind.all)
    func order(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await withThrowingTaskGroup(of: [Int].self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for number in 0..<10 {
                            try await store.revoke(Self.reference("\(writer).\(number)"), entry(.tokenRevoked))
                        }
                        return []
                    }
                }
                group.addTask {
                    var seen: [Int] = []
                    try await eventually("all versions are read", pause: .milliseconds(1)) {
                        let changes = try await store.changes(since: seen.last ?? 0, limit: 100)
                        seen += changes.revocations.map(\.version)
                        return seen.count >= 40
                    }
                    return seen
                }
                for try await seen in group where !seen.isEmpty { #expect(seen == Array(1...40)) }
            }
        }
    }

    @Test("forgets what can matter no more, and counts on", arguments: StoreKind.all)
    func pruned(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a", lasts: 500)))
            #expect(try await store.open(token("b", lasts: 5000)))
            try await store.revoke(Self.reference("short", lasts: 300), entry(.tokenRevoked))
            try await store.revoke(Self.reference("long", lasts: 3000), entry(.tokenRevoked))
            // Clocks may differ: what has just ended may be accepted somewhere.
            try await store.prune(at: second(310))
            #expect(try await store.revoked() == ["short", "long"])
            try await store.prune(at: second(1000))
            let changes = try await store.changes(since: 0, limit: 10)
            #expect(changes.revocations.map(\.version) == [2] && changes.version == 2)
            #expect(try await store.refreshToken("a") == nil)
            #expect(try await store.refreshToken("b") != nil)
            try await store.prune(at: second(9000))
            #expect(try await store.changes(since: 0, limit: 10).version == 2)
            try await store.revoke(Self.reference("new", lasts: 9900), entry(.tokenRevoked))
            #expect(try await store.changes(since: 2, limit: 10).revocations.map(\.version) == [3])
        }
    }

    @Test("forgets no session whose access token is accepted still", arguments: StoreKind.all)
    func outlived(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.add(user("ada"))
            #expect(try await store.open(token("a", lasts: 100, accessLasts: 1000)))
            try await store.prune(at: second(500))
            _ = try await store.change("ada", .lock, by: .system, entry(.userLocked, at: second(501))).get()
            #expect(try await store.revoked() == ["access of a"])
        }
    }

    @Test("keeps an audit trail, the newest line first, page by page", arguments: StoreKind.all)
    func trail(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for number in 1...5 {
                let origin = number == 5 ? "2001:db8::1" : nil
                let entry = AuditEntry(
                    .tokenRevoked, of: "t\(number)", by: "shell:ada", detail: "“quoted”, it's fine", from: origin,
                    at: second(number))
                try await store.revoke(Self.reference("t\(number)"), entry)
            }
            let first = try await store.audit(before: nil, limit: 2)
            #expect(first.map(\.entry.target) == ["t5", "t4"])
            #expect(first[0].entry.origin == "2001:db8::1" && first[0].entry.detail == "“quoted”, it's fine")
            #expect(
                first[0].entry.actor == "shell:ada" && first[0].entry.at == second(5) && first[1].entry.origin == nil)
            let rest = try await store.audit(before: first[1].number, limit: 10)
            #expect(rest.map(\.entry.target) == ["t3", "t2", "t1"])
        }
    }

    @Test("forgets the lines of the audit trail of before a moment, however many", arguments: StoreKind.all)
    func retention(_ kind: StoreKind) async throws {
        try await kind.open { store in
            for number in 0..<503 {
                let token = TokenReference(id: "t\(number)", expires: second(9))
                let moment = second(number < 501 ? 0 : 5)
                try await store.revoke(token, entry(.tokenRevoked, of: token.id, at: moment))
            }
            try await store.forgetAudit(before: second(5))
            #expect(try await store.audit(before: nil, limit: 9).map(\.entry.target) == ["t502", "t501"])
            let token = TokenReference(id: "x", expires: second(9))
            try await store.revoke(token, entry(.tokenRevoked, of: token.id, at: second(6)))
            #expect(try await store.audit(before: nil, limit: 9).map(\.entry.target) == ["x", "t502", "t501"])
        }
    }

    @Test("is probed, and closed for good", arguments: StoreKind.all)
    func closed(_ kind: StoreKind) async throws {
        try await kind.open { store in
            try await store.probe()
            await store.close()
            await #expect(throws: StoreError.self) { try await store.probe() }
            await #expect(throws: StoreError.self) { _ = try await store.user(named: "ada") }
            await #expect(throws: StoreError.self) { try await store.revoke(Self.reference("a"), entry(.tokenRevoked)) }
        }
    }
}
