import Auth
import Foundation
import JOSE
import Testing
import Tokens

@Suite("A store of signing keys", .timeLimit(.minutes(1)))
struct KeyStoreTests {
    static func key(_ kid: String, at seconds: Int = 0) -> StoredKey {
        StoredKey(kid: kid, jwk: Data("secret of \(kid)".utf8), announced: second(seconds))
    }

    @Test("leads a key from its announcement to its end, and never back", arguments: StoreKind.all)
    func life(_ kind: StoreKind) async throws {
        try await kind.open { store in
            func states() async throws -> [StoredKey.State] { try await store.keys().map(\.state) }
            #expect(try await store.begin(with: Self.key("a"), entry(.keyPromoted, of: "a", at: second(1))))
            #expect(try await store.announce(Self.key("b", at: 10), entry(.keyAnnounced, of: "b", at: second(10))))
            #expect(try await states() == [.signing, .announced])
            #expect(try await store.promote("b", entry(.keyPromoted, of: "b", at: second(20))))
            #expect(try await states() == [.retiring, .signing])
            #expect(try await store.retire("a", entry(.keyRetired, of: "a", at: second(30))))
            let keys = try await store.keys()
            #expect(keys.map(\.kid) == ["a", "b"] && keys.map(\.state) == [.retired, .signing])
            #expect(keys[0].signing == second(1) && keys[0].retiring == second(20) && keys[0].retired == second(30))
            #expect(keys[0].jwk.isEmpty && keys[1].jwk == Data("secret of b".utf8))
            #expect(keys[1].announced == second(10) && keys[1].signing == second(20) && keys[1].retiring == nil)
        }
    }

    @Test("refuses every other step, and changes nothing then", arguments: StoreKind.all)
    func refused(_ kind: StoreKind) async throws {
        try await kind.open { store in
            #expect(try await !store.promote("a", entry(.keyPromoted, of: "a")))
            #expect(try await store.begin(with: Self.key("a"), entry(.keyPromoted, of: "a")))
            let version = try await store.changes(since: 0, limit: 10).keysVersion
            #expect(try await !store.begin(with: Self.key("b"), entry(.keyPromoted, of: "b")))
            #expect(try await !store.announce(Self.key("a"), entry(.keyAnnounced, of: "a")))
            #expect(try await !store.promote("a", entry(.keyPromoted, of: "a")))
            #expect(try await !store.retire("a", entry(.keyRetired, of: "a")))
            #expect(try await !store.retire("z", entry(.keyRetired, of: "z")))
            #expect(try await store.keys().map(\.state) == [.signing])
            #expect(try await store.changes(since: 0, limit: 10).keysVersion == version)
            #expect(try await store.announce(Self.key("b"), entry(.keyAnnounced, of: "b")))
            #expect(try await store.retire("b", entry(.keyRetired, of: "b")))
            #expect(try await !store.promote("b", entry(.keyPromoted, of: "b")))
        }
    }

    @Test("lets one of many begin, and one of many be promoted", arguments: StoreKind.all)
    func races(_ kind: StoreKind) async throws {
        try await kind.open { store in
            func wins(_ attempt: @escaping @Sendable (Int) async throws -> Bool) async throws -> Int {
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<8 { group.addTask { try await attempt(number) } }
                    return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            #expect(try await wins { try await store.begin(with: Self.key("k\($0)"), entry(.keyPromoted)) } == 1)
            #expect(try await store.keys().map(\.state) == [.signing])
            for number in 0..<8 { _ = try await store.announce(Self.key("n\(number)"), entry(.keyAnnounced)) }
            #expect(try await wins { _ in try await store.promote("n0", entry(.keyPromoted)) } == 1)
            #expect(try await wins { try await store.promote("n\($0)", entry(.keyPromoted)) } == 7)
            #expect(try await store.keys().count { $0.state == .signing } == 1)
        }
    }

    @Test("holds no more keys that verify than a set does", arguments: StoreKind.all)
    func limit(_ kind: StoreKind) async throws {
        try await kind.open { store in
            _ = try await store.begin(with: Self.key("k0"), entry(.keyPromoted))
            for number in 1..<JWKSet.limit {
                #expect(try await store.announce(Self.key("k\(number)"), entry(.keyAnnounced)))
            }
            #expect(try await !store.announce(Self.key("late"), entry(.keyAnnounced)))
            #expect(try await store.retire("k1", entry(.keyRetired)))
            #expect(try await store.announce(Self.key("late"), entry(.keyAnnounced)))
        }
    }

    @Test("gives every change of a key a version", arguments: StoreKind.all)
    func versions(_ kind: StoreKind) async throws {
        try await kind.open { store in
            func version() async throws -> Int {
                let changes = try await store.changes(since: 0, limit: 10)
                #expect(changes.version == changes.keysVersion && changes.revocations.isEmpty)
                return changes.keysVersion
            }
            #expect(try await version() == 0)
            _ = try await store.begin(with: Self.key("a"), entry(.keyPromoted))
            #expect(try await version() == 1)
            _ = try await store.announce(Self.key("b"), entry(.keyAnnounced))
            _ = try await store.promote("b", entry(.keyPromoted))
            _ = try await store.retire("a", entry(.keyRetired))
            #expect(try await version() == 4)
        }
    }

    @Test("shows no secret to who prints a key")
    func secrecy() {
        let key = Self.key("a")
        for text in ["\(key)", String(reflecting: key), "\([key])"] { #expect(!text.contains("secret")) }
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("secret") && dumped.contains("announced"))
    }
}
