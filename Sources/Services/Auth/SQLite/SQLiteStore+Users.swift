public import Foundation
import GRDB

extension SQLiteStore {
    public func user(named name: String) async throws(StoreError) -> User? {
        try await read { try $0.user(named: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await read { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM users WHERE ? IS NULL OR name > ? ORDER BY name LIMIT ?",
                arguments: [name, name, limit]
            ).compactMap { try database.user(named: $0) }
        }
    }

    public func add(
        _ user: User, held: Set<String>?, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { database in
            guard try database.user(named: user.name) == nil else { throw Refusal.nameTaken }
            if let refusal = user.refusal(held: held, try database.roles()) { throw refusal }
            try database.insert(user)
            try database.note(entry)
            return user
        }
    }

    public func addFirstAdministrator(
        _ user: User, _ role: Role, _ entry: AuditEntry
    ) async throws(StoreError) -> Bool {
        try await write { database in
            guard try database.user(named: user.name) == nil,
                try database.administrators(orLocked: true) == 0
            else { return false }
            try database.set(role)
            try database.insert(user)
            try database.note(entry)
            return true
        }
    }

    public func change(
        _ name: String, _ change: UserChange, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { database in
            try database.keepingAdministrator {
                try database.change(name, change, entry)
            }
        }
    }

    public func remove(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { database in
            try database.keepingAdministrator {
                guard let user = try database.user(named: name) else { throw Refusal.noSuchUser }
                try database.end(.sessions, of: name, at: entry.at)
                try database.execute(sql: "DELETE FROM users WHERE name = ?", arguments: [name])
                try database.note(entry)
                return user
            }
        }
    }

    public func noteFailure(of name: String, limit: Int, at moment: Date) async throws(StoreError) {
        try await write { database in
            guard let user = try database.user(named: name) else { return }
            try database.execute(
                sql: "UPDATE users SET failed_attempts = failed_attempts + 1 WHERE name = ?", arguments: [name])
            let failures = user.failedAttempts + 1
            guard !user.isLocked, failures >= limit else { return }
            let isLast = try user.isAdministrator(database.roles()) && database.administrators() == 1
            guard !isLast else { return }
            let entry = AuditEntry.lock(of: name, after: failures, at: moment)
            _ = try database.change(name, .lock, entry)
        }
    }

    public func roles() async throws(StoreError) -> [Role] {
        try await read { try $0.roles() }
    }

    public func set(_ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { database in
            try database.endingLessened(at: entry.at) {
                try database.set(role)
                try database.note(entry)
                return role
            }
        }
    }

    public func removeRole(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { database in
            try database.endingLessened(at: entry.at) {
                guard let role = try database.roles().first(where: { $0.name == name }) else {
                    throw Refusal.noSuchRole(name)
                }
                try database.execute(sql: "DELETE FROM roles WHERE name = ?", arguments: [name])
                try database.note(entry)
                return role
            }
        }
    }
}

extension Database {
    fileprivate func change(_ name: String, _ change: UserChange, _ entry: AuditEntry) throws -> User {
        guard let user = try user(named: name) else { throw Refusal.noSuchUser }
        let (changed, ending) = try change.applied(to: user, roles: try roles(), at: entry.at).get()
        try execute(
            sql: "UPDATE users SET password_hash = ?, is_locked = ?, failed_attempts = ?, changed = ? WHERE name = ?",
            arguments: [
                changed.passwordHash, changed.isLocked, changed.failedAttempts, changed.changed.milliseconds, name,
            ])
        if changed.permissions != user.permissions || changed.roles != user.roles { try setAccess(of: changed) }
        try end(ending, of: name, at: entry.at)
        try note(entry)
        return changed
    }

    /// Refuses an edit that would leave no administrator where there was one.
    fileprivate func keepingAdministrator<Value>(_ edit: () throws -> Value) throws -> Value {
        let before = try administrators()
        let value = try edit()
        if before > 0, try administrators() == 0 { throw Refusal.lastAdministrator }
        return value
    }

    /// Revokes the tokens of those who may do less after an edit of a role.
    fileprivate func endingLessened<Value>(at moment: Date, _ edit: () throws -> Value) throws -> Value {
        try keepingAdministrator {
            let before = try roles()
            let holders = try String.fetchAll(self, sql: "SELECT DISTINCT user FROM user_roles ORDER BY user")
                .compactMap { try user(named: $0) }
            let value = try edit()
            let after = try roles()
            for user in holders {
                let less = user.effectivePermissions(before).subtracting(user.effectivePermissions(after))
                if !less.isEmpty { try end(.accessTokens, of: user.name, at: moment) }
            }
            return value
        }
    }
}
