public import Auth
public import Foundation
import Postgres

extension PostgresStore {
    public func user(named name: String) async throws(StoreError) -> User? {
        try await read { try $0.user(named: name) }
    }

    public func passwordHash(of name: String) async throws(StoreError) -> String? {
        try await read { try $0.passwordHash(of: name) }
    }

    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await read { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        // Nothing lies between a name and the same with a NUL behind it, which PostgreSQL would not take.
        let name = name.map { String(decoding: $0.utf8.prefix { $0 != 0 }, as: UTF8.self) }
        return try await read { connection in
            try connection.users("WHERE $1::text IS NULL OR name > $1 ORDER BY name LIMIT $2", name, limit)
        }
    }

    public func add(
        _ user: User, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { try $0.add(user, by: authority, entry) }
    }

    public func addFirstAdministrator(
        _ user: User, _ role: Role, _ entry: AuditEntry
    ) async throws(StoreError) -> Bool {
        try await write { try $0.addFirstAdministrator(user, role, entry) }
    }

    public func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { try $0.change(name, change, by: authority, entry) }
    }

    public func remove(
        _ name: String, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { try $0.remove(name, by: authority, entry) }
    }

    public func noteFailure(of name: String, limit: Int, at moment: Date) async throws(StoreError) {
        try await write { try $0.noteFailure(of: name, limit: limit, at: moment) }
    }

    public func roles() async throws(StoreError) -> [Role] {
        try await read { try $0.roles() }
    }

    public func set(_ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { try $0.set(role, entry) }
    }

    public func removeRole(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { try $0.removeRole(name, entry) }
    }
}
