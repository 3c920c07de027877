package import Auth
import Foundation
import JSON
package import Postgres

// Users and roles as rows.
extension PostgresConnection: StoreTransaction {
    package func user(named name: String) throws -> User? {
        guard !name.containsNUL else { return nil }
        return try users("WHERE name = $1", name).first
    }

    /// One statement, and so of one instant.
    func users(_ condition: String, _ parameters: any PostgresValue...) throws -> [User] {
        try run(
            """
            SELECT *,
                (SELECT json_agg(permission) FROM user_permissions WHERE user_name = users.name) AS permissions,
                (SELECT json_agg(role) FROM user_roles WHERE user_name = users.name) AS roles
            FROM users \(condition)
            """, with: parameters
        ).rows.map { row in
            User(
                id: try row.value("id"), name: try row.value("name"), passwordHash: try row.value("password_hash"),
                permissions: try row.names("permissions"),
                roles: try row.names("roles"), isLocked: try row.value("is_locked"),
                failedAttempts: try row.value("failed_attempts"), created: try row.date("created"),
                changed: try row.date("changed"))
        }
    }

    package func secret(of name: String) throws -> StoredSecret? {
        guard !name.containsNUL else { return nil }
        return try run("SELECT id, password_hash FROM users WHERE name = $1 AND NOT is_locked", name)
            .rows.first.map { row in StoredSecret(subject: try row.value("id"), hash: try row.value("password_hash")) }
    }

    package func permissions(of name: String) throws -> Set<String> {
        guard !name.containsNUL else { return [] }
        let rows = try run(
            """
            SELECT permission FROM users JOIN user_permissions ON user_name = name WHERE name = $1 AND NOT is_locked
            UNION
            SELECT permission FROM users JOIN user_roles ON user_name = name JOIN role_permissions USING (role)
            WHERE name = $1 AND NOT is_locked
            """, name
        ).rows
        return Set(try rows.map { try $0.value("permission") })
    }

    package func roles() throws -> [Role] {
        try run(
            """
            SELECT name, (SELECT json_agg(permission) FROM role_permissions WHERE role = name) AS permissions
            FROM roles ORDER BY name
            """
        ).rows.map { Role(name: try $0.value("name"), permissions: try $0.names("permissions")) }
    }

    package func insert(_ user: User) throws {
        try run(
            """
            INSERT INTO users (id, name, password_hash, is_locked, failed_attempts, created, changed)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, user.id, user.name, user.passwordHash, user.isLocked, user.failedAttempts, user.created.milliseconds,
            user.changed.milliseconds)
        try setAccess(of: user)
    }

    package func update(_ user: User) throws {
        try run(
            "UPDATE users SET password_hash = $1, is_locked = $2, failed_attempts = $3, changed = $4 WHERE name = $5",
            user.passwordHash, user.isLocked, user.failedAttempts, user.changed.milliseconds, user.name)
    }

    package func setAccess(of user: User) throws {
        for (table, names) in [("user_permissions", user.permissions), ("user_roles", user.roles)] {
            try run("DELETE FROM \(table) WHERE user_name = $1", user.name)
            try insert(names, of: user.name, into: table)
        }
    }

    package func set(_ role: Role) throws {
        try run("INSERT INTO roles VALUES ($1) ON CONFLICT DO NOTHING", role.name)
        try run("DELETE FROM role_permissions WHERE role = $1", role.name)
        try insert(role.permissions, of: role.name, into: "role_permissions")
    }

    package func recordFailure(of name: String) throws {
        try run("UPDATE users SET failed_attempts = failed_attempts + 1 WHERE name = $1", name)
    }

    package func forgetFailures(of name: String, passwordHash: String, rehashed: String?) throws -> Bool {
        // Writers take turns: nothing changes between the two statements.
        let found = try run(
            "SELECT failed_attempts FROM users WHERE name = $1 AND password_hash = $2 AND NOT is_locked", name,
            passwordHash)
        guard let failures: Int = try found.rows.first?.value("failed_attempts") else { return false }
        if failures > 0 || rehashed != nil {
            try run(
                "UPDATE users SET failed_attempts = 0, password_hash = $1 WHERE name = $2", rehashed ?? passwordHash,
                name)
        }
        return true
    }

    package func delete(user name: String) throws {
        try run("DELETE FROM users WHERE name = $1", name)
    }

    package func delete(role name: String) throws {
        try run("DELETE FROM roles WHERE name = $1", name)
    }

    package func holders(of role: String) throws -> [User] {
        try users("WHERE name IN (SELECT user_name FROM user_roles WHERE role = $1) ORDER BY name", role)
    }

    package func administrators(orLocked: Bool) throws -> Int {
        try run(
            """
            SELECT count(*) AS count FROM users WHERE ($1 OR NOT is_locked) AND (
                name IN (SELECT user_name FROM user_permissions WHERE permission = $2) OR
                name IN (SELECT user_name FROM user_roles JOIN role_permissions USING (role) WHERE permission = $2))
            """, orLocked, Administration.permission
        ).row().value("count")
    }

    private func insert(_ names: Set<String>, of owner: String, into table: String) throws {
        let json = String(decoding: try JSONCoding.encode(names), as: UTF8.self)
        try run("INSERT INTO \(table) SELECT $1, name FROM json_array_elements_text($2) AS name", owner, json)
    }
}

extension Row {
    /// The texts of `json_agg`, which makes NULL of none.
    fileprivate func names(_ column: String) throws -> Set<String> {
        guard let json: String = try value(column, as: String?.self) else { return [] }
        return try JSONCoding.decode(Set<String>.self, from: Data(json.utf8))
    }

    func date(_ column: String) throws(PostgresError) -> Date {
        Date(milliseconds: try value(column))
    }
}
