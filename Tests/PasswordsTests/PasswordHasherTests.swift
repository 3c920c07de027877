import Endpoints
import Testing

@testable import Passwords

@Suite("Passwords")
struct PasswordHasherTests {
    private let hasher = PasswordHasher(workers: 1, queue: 2)

    @Test("a hash is an Argon2id PHC string with its own salt")
    func phc() async throws {
        let first = try await hasher.hash("swordfish")
        let second = try await hasher.hash("swordfish")
        #expect(first.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(first != second)
    }

    @Test("the right password is told from a wrong one")
    func verification() async throws {
        let hash = try await hasher.hash("swordfish")
        #expect(try await hasher.verify("swordfish", against: hash) == .right)
        #expect(try await hasher.verify("Swordfish", against: hash) == .wrong)
        #expect(try await hasher.verify("", against: hash) == .wrong)
    }

    @Test("no user is as wrong as a wrong password")
    func nobody() async throws {
        #expect(try await hasher.verify("swordfish", against: nil) == .wrong)
        #expect(try await hasher.verify("", against: nil) == .wrong)
    }

    @Test("a hash of weaker parameters is right, but outdated")
    func outdated() async throws {
        // “swordfish” with 8 MiB and one pass.
        let weak =
            "$argon2id$v=19$m=8192,t=1,p=1$QG6SwJSC6mIcZgGb9H/Cbg$DQY1oOeKvXCGFPXL4/AgXiKIIMSmYfqDJwwVbJsv/vo"
        #expect(try await hasher.verify("swordfish", against: weak) == .rightButOutdated)
        #expect(try await hasher.verify("Swordfish", against: weak) == .wrong)
    }

    @Test("a hash of stronger parameters is right, and stays")
    func stronger() async throws {
        // “swordfish” with 32 MiB and three passes.
        let strong =
            "$argon2id$v=19$m=32768,t=3,p=1$Nlc0eGtVeEN1c0diaHBjNQ$aZJy5wgqDSstDJP+vtXZbkYd4UkcxkOO5QCNbx38vNU"
        #expect(try await hasher.verify("swordfish", against: strong) == .right)
    }

    @Test("what is compared with where there is no user, is of the parameters of every hash")
    func nobodysHash() async throws {
        let hash = try await hasher.hash("swordfish")
        func parameters(_ hash: String) -> [Substring] { hash.split(separator: "$").dropLast(2) }
        func lengths(_ hash: String) -> [Int] { hash.split(separator: "$").suffix(2).map(\.count) }
        #expect(parameters(PasswordHasher.nobody) == parameters(hash))
        #expect(lengths(PasswordHasher.nobody) == lengths(hash))
    }

    @Test("more than the queue holds is refused with a time to come back")
    func full() async throws {
        let outcomes = await withTaskGroup(of: Result<String, any Error>.self) { group in
            for _ in 1...12 { group.addTask { await Result { try await hasher.hash("swordfish") } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refused = outcomes.compactMap { $0.failure as? Problem }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.kind == .tooManyRequests && $0.retryAfter != nil && $0.isUnprocessed })
    }

    @Test("what is done for one password takes one place of the queue")
    func together() async throws {
        let narrow = PasswordHasher(workers: 1, queue: 0)
        let verdict = try await narrow.run {
            let hash = try await narrow.hash("swordfish")
            return try await narrow.verify("swordfish", against: hash)
        }
        #expect(verdict == .right)
        #expect(try await narrow.verify("swordfish", against: nil) == .wrong)
    }
}

extension Result {
    fileprivate init(_ work: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }

    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
