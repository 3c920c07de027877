package import Auth
import Foundation
package import GRDB

// Statements that are compiled once a connection.
extension Database {
    func run(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    func rows(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    /// The first column of the first row.
    func value<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> Value? {
        try Value.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    /// The first column of the row that a statement always has.
    ///
    /// - Throws: `DatabaseError` if a table lacks a row that belongs to it, as after damage.
    func one<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> Value {
        guard let value = try Value.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(arguments)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row is missing", sql: sql)
        }
        return value
    }

    /// The first column of every row.
    func values<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> [Value] {
        try Value.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}

// Users and roles as rows, within a transaction.
extension Database: StoreTransaction {
    package func user(named name: String) throws -> User? {
        guard !name.containsNUL else { return nil }
        guard let row = try rows("SELECT * FROM users WHERE name = ?", name).first else { return nil }
        return User(
            id: row["id"], name: row["name"], passwordHash: row["password_hash"],
            permissions: Set(try values("SELECT permission FROM user_permissions WHERE user = ?", name)),
            roles: Set(try values("SELECT role FROM user_roles WHERE user = ?", name)),
            isLocked: row["is_locked"], failedAttempts: row["failed_attempts"],
            created: Date(milliseconds: row["created"]), changed: Date(milliseconds: row["changed"]))
    }

    package func secret(of name: String) throws -> StoredSecret? {
        guard !name.containsNUL else { return nil }
        return try rows("SELECT id, password_hash FROM users WHERE name = ? AND NOT is_locked", name).first.map { row in
            StoredSecret(subject: row["id"], hash: row["password_hash"])
        }
    }

    package func permissions(of name: String) throws -> Set<String> {
        guard !name.containsNUL else { return [] }
        return Set(
            try values(
                """
                SELECT permission FROM users JOIN user_permissions ON user = name WHERE name = ?1 AND NOT is_locked
                UNION
                SELECT permission FROM users JOIN user_roles ON user = name JOIN role_permissions USING (role)
                WHERE name = ?1 AND NOT is_locked
                """, name))
    }

    package func roles() throws -> [Role] {
        try values("SELECT name FROM roles ORDER BY name").map { (name: String) in
            Role(
                name: name,
                permissions: Set(try values("SELECT permission FROM role_permissions WHERE role = ?", name)))
        }
    }

    package func insert(_ user: User) throws {
        try run(
            """
            INSERT INTO users (id, name, password_hash, is_locked, failed_attempts, created, changed)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """, user.id, user.name, user.passwordHash, user.isLocked, user.failedAttempts, user.created.milliseconds,
            user.changed.milliseconds)
        try setAccess(of: user)
    }

    package func update(_ user: User) throws {
        try run(
            "UPDATE users SET password_hash = ?, is_locked = ?, failed_attempts = ?, changed = ? WHERE name = ?",
            user.passwordHash, user.isLocked, user.failedAttempts, user.changed.milliseconds, user.name)
    }

    package func setAccess(of user: User) throws {
        for table in ["user_permissions", "user_roles"] {
            try run("DELETE FROM \(table) WHERE user = ?", user.name)
        }
        for permission in user.permissions {
            try run("INSERT INTO user_permissions VALUES (?, ?)", user.name, permission)
        }
        for role in user.roles {
            try run("INSERT INTO user_roles VALUES (?, ?)", user.name, role)
        }
    }

    package func set(_ role: Role) throws {
        try run("INSERT INTO roles VALUES (?) ON CONFLICT DO NOTHING", role.name)
        try run("DELETE FROM role_permissions WHERE role = ?", role.name)
        for permission in role.permissions {
            try run("INSERT INTO role_permissions VALUES (?, ?)", role.name, permission)
        }
    }

    package func recordFailure(of name: String) throws {
        try run("UPDATE users SET failed_attempts = failed_attempts + 1 WHERE name = ?", name)
    }

    package func forgetFailures(of name: String, passwordHash: String, rehashed: String?) throws -> Bool {
        let failures: Int? = try value(
            "SELECT failed_attempts FROM users WHERE name = ? AND password_hash = ? AND NOT is_locked", name,
            passwordHash)
        guard let failures else { return false }
        if failures > 0 || rehashed != nil {
            try run(
                "UPDATE users SET failed_attempts = 0, password_hash = ? WHERE name = ?", rehashed ?? passwordHash,
                name)
        }
        return true
    }

    package func delete(user name: String) throws {
        try run("DELETE FROM users WHERE name = ?", name)
    }

    package func delete(role name: String) throws {
        try run("DELETE FROM roles WHERE name = ?", name)
    }

    package func holders(of role: String) throws -> [User] {
        try values("SELECT user FROM user_roles WHERE role = ? ORDER BY user", role).compactMap { try user(named: $0) }
    }

    package func administrators(orLocked: Bool) throws -> Int {
        try one(
            """
            SELECT count(*) FROM users WHERE (?1 OR NOT is_locked) AND (
                name IN (SELECT user FROM user_permissions WHERE permission = ?2) OR
                name IN (SELECT user FROM user_roles JOIN role_permissions USING (role) WHERE permission = ?2))
            """, orLocked, Administration.permission)
    }
}
