public import Auth
public import Foundation
import Postgres

extension PostgresStore {
    public func user(named name: String) async throws(StoreError) -> User? {
        try await read { try $0.user(named: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        // Nothing lies between a name and the same with a NUL behind it, which PostgreSQL would not take.
        let name = name.map { String(decoding: $0.utf8.prefix { $0 != 0 }, as: UTF8.self) }
        return try await read { connection in
            try connection.users("WHERE $1::text IS NULL OR name > $1 ORDER BY name LIMIT $2", name, limit)
        }
    }

    public func add(
        _ user: User, held: Set<String>?, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { connection in
            guard try connection.user(named: user.name) == nil else { throw Refusal.nameTaken }
            if let refusal = user.refusal(held: held, try connection.roles()) { throw refusal }
            try connection.insert(user)
            try connection.note(entry)
            return user
        }
    }

    public func addFirstAdministrator(
        _ user: User, _ role: Role, _ entry: AuditEntry
    ) async throws(StoreError) -> Bool {
        try await write { connection in
            guard try connection.user(named: user.name) == nil,
                try connection.administrators(orLocked: true) == 0
            else { return false }
            try connection.set(role)
            try connection.insert(user)
            try connection.note(entry)
            return true
        }
    }

    public func change(
        _ name: String, _ change: UserChange, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { connection in
            try connection.keepingAdministrator {
                try connection.change(name, change, entry)
            }
        }
    }

    public func remove(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<User, Refusal> {
        try await judge { connection in
            try connection.keepingAdministrator {
                guard let user = try connection.user(named: name) else { throw Refusal.noSuchUser }
                try connection.end(.sessions, of: name, at: entry.at)
                try connection.run("DELETE FROM users WHERE name = $1", name)
                try connection.note(entry)
                return user
            }
        }
    }

    public func noteFailure(of name: String, limit: Int, at moment: Date) async throws(StoreError) {
        try await write { connection in
            guard let user = try connection.user(named: name) else { return }
            try connection.run("UPDATE users SET failed_attempts = failed_attempts + 1 WHERE name = $1", name)
            let failures = user.failedAttempts + 1
            guard !user.isLocked, failures >= limit else { return }
            let isLast = try user.isAdministrator(connection.roles()) && connection.administrators() == 1
            guard !isLast else { return }
            let entry = AuditEntry.lock(of: name, after: failures, at: moment)
            _ = try connection.change(name, .lock, entry)
        }
    }

    public func roles() async throws(StoreError) -> [Role] {
        try await read { try $0.roles() }
    }

    public func set(_ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { connection in
            try connection.endingLessened(at: entry.at) {
                try connection.set(role)
                try connection.note(entry)
                return role
            }
        }
    }

    public func removeRole(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, Refusal> {
        try await judge { connection in
            try connection.endingLessened(at: entry.at) {
                guard let role = try connection.roles().first(where: { $0.name == name }) else {
                    throw Refusal.noSuchRole(name)
                }
                try connection.run("DELETE FROM roles WHERE name = $1", name)
                try connection.note(entry)
                return role
            }
        }
    }
}

extension Connection {
    fileprivate func change(_ name: String, _ change: UserChange, _ entry: AuditEntry) throws -> User {
        guard let user = try user(named: name) else { throw Refusal.noSuchUser }
        let (changed, ending) = try change.applied(to: user, roles: try roles(), at: entry.at).get()
        try run(
            "UPDATE users SET password_hash = $1, is_locked = $2, failed_attempts = $3, changed = $4 WHERE name = $5",
            changed.passwordHash, changed.isLocked, changed.failedAttempts, changed.changed.milliseconds, name)
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
            let holders = try users("WHERE name IN (SELECT user_name FROM user_roles) ORDER BY name")
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
