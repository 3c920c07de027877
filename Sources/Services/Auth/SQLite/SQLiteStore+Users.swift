public import Foundation
import GRDB

extension SQLiteStore {
    public func user(named name: String) async throws(StoreError) -> User? {
        try await read { try $0.user(named: name) }
    }

    public func passwordHash(of name: String) async throws(StoreError) -> String? {
        try await read { try $0.passwordHash(of: name) }
    }

    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await glance { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await read { database in
            try database.values(
                "SELECT name FROM users WHERE ? IS NULL OR name > ? ORDER BY name LIMIT ?", name, name, limit
            ).compactMap { try database.user(named: $0) }
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
