import Auth
import AuthPostgres
import AuthSQLite
import Foundation
import Postgres
import PostgresServer
import TemporaryFiles
import Testing

/// A kind of store, and how a test gets an empty one of its own. Every kind passes every test of the suite.
struct StoreKind: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Runs a test with an empty store, which is gone at its end.
    let open: @Sendable (_ test: (any AuthStore) async throws -> Void) async throws -> Void

    static let all = [memory, sqlite, postgres]

    static let memory = StoreKind(testDescription: "in memory") { test in try await test(MemoryStore()) }
    static let sqlite = StoreKind(testDescription: "SQLite") { test in
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(directory.file)
        try await test(store)
        await store.close()
    }
    static let postgres = StoreKind(testDescription: "PostgreSQL") { test in
        let store = PostgresStore(try ConnectionURL(await PostgresServer.shared.makeDatabase()))
        try await test(store)
        await store.close()
    }
}

extension TemporaryDirectory {
    /// The file of a store in SQLite.
    var file: URL { url.appending(path: "data/auth.sqlite") }
}

/// An instant that is a whole number of seconds after an arbitrary one.
func second(_ seconds: Int) -> Date { Date(timeIntervalSince1970: 1_800_000_000 + TimeInterval(seconds)) }

func entry(_ action: AuditEntry.AuditAction = .userAdded, of target: String = "ada", at moment: Date = second(0))
    -> AuditEntry
{
    AuditEntry(action, of: target, by: "test", at: moment)
}

func user(
    _ name: String, _ permissions: Set<String> = [], roles: Set<String> = [], at moment: Date = second(0)
) -> User {
    User(
        id: "id of \(name)", name: name, passwordHash: "hash of \(name)", permissions: permissions, roles: roles,
        created: moment)
}

/// A token of a family that is named after its first token.
func token(
    _ hash: String, of user: String = "ada", family: String? = nil, at moment: Date = second(0),
    lasts seconds: Int = 1000, access id: String? = nil, accessLasts: Int = 300
) -> RefreshToken {
    RefreshToken(
        hash: hash, family: family ?? hash, user: user, issued: moment,
        expires: moment.addingTimeInterval(TimeInterval(seconds)),
        access: TokenReference(
            id: id ?? "access of \(hash)", expires: moment.addingTimeInterval(TimeInterval(accessLasts))))
}

extension AuthStore {
    @discardableResult
    func add(_ user: User) async throws -> User {
        try await add(user, by: .system, entry(of: user.name, at: user.created)).get()
    }

    /// Opens a session with the hash that ``user(_:_:roles:at:)`` gives.
    ///
    /// - Returns: whether it was opened.
    func open(_ token: RefreshToken) async throws -> Bool {
        try await open(token, passwordHash: "hash of \(token.user)", rehashed: nil) != nil
    }

    /// Uses a token for the next one, without a second try.
    func rotate(_ hash: String, to next: RefreshToken, from origin: String?) async throws -> Rotation {
        try await rotate(hash, to: next, sealed: "sealed", retryable: .zero, from: origin)
    }

    /// The ids of all revoked tokens, in their order.
    func revoked(since version: Int = 0) async throws -> [String] {
        try await changes(since: version, limit: 1000).revocations.map(\.token.id)
    }
}
