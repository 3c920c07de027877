import Foundation
package import GRDB

// Users and roles as rows, within a transaction.
extension Database: StoreTransaction {
    package func user(named name: String) throws -> User? {
        // SQLite would read the name up to the NUL, and find somebody else.
        guard !name.utf8.contains(0) else { return nil }
        guard let row = try Row.fetchOne(self, sql: "SELECT * FROM users WHERE name = ?", arguments: [name]) else {
            return nil
        }
        return User(
            name: row["name"], passwordHash: row["password_hash"],
            permissions: try texts("SELECT permission FROM user_permissions WHERE user = ?", name),
            roles: try texts("SELECT role FROM user_roles WHERE user = ?", name),
            isLocked: row["is_locked"], failedAttempts: row["failed_attempts"],
            created: Date(milliseconds: row["created"]), changed: Date(milliseconds: row["changed"]))
    }

    package func roles() throws -> [Role] {
        try String.fetchAll(self, sql: "SELECT name FROM roles ORDER BY name").map { name in
            Role(
                name: name, permissions: try texts("SELECT permission FROM role_permissions WHERE role = ?", name))
        }
    }

    package func insert(_ user: User) throws {
        try execute(
            sql: "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                user.name, user.passwordHash, user.isLocked, user.failedAttempts, user.created.milliseconds,
                user.changed.milliseconds,
            ])
        try setAccess(of: user)
    }

    package func update(_ user: User) throws {
        try execute(
            sql: "UPDATE users SET password_hash = ?, is_locked = ?, failed_attempts = ?, changed = ? WHERE name = ?",
            arguments: [
                user.passwordHash, user.isLocked, user.failedAttempts, user.changed.milliseconds, user.name,
            ])
    }

    package func setAccess(of user: User) throws {
        for table in ["user_permissions", "user_roles"] {
            try execute(sql: "DELETE FROM \(table) WHERE user = ?", arguments: [user.name])
        }
        for permission in user.permissions {
            try execute(sql: "INSERT INTO user_permissions VALUES (?, ?)", arguments: [user.name, permission])
        }
        for role in user.roles {
            try execute(sql: "INSERT INTO user_roles VALUES (?, ?)", arguments: [user.name, role])
        }
    }

    package func set(_ role: Role) throws {
        try execute(sql: "INSERT INTO roles VALUES (?) ON CONFLICT DO NOTHING", arguments: [role.name])
        try execute(sql: "DELETE FROM role_permissions WHERE role = ?", arguments: [role.name])
        for permission in role.permissions {
            try execute(sql: "INSERT INTO role_permissions VALUES (?, ?)", arguments: [role.name, permission])
        }
    }

    package func noteFailure(of name: String) throws {
        try execute(sql: "UPDATE users SET failed_attempts = failed_attempts + 1 WHERE name = ?", arguments: [name])
    }

    package func delete(user name: String) throws {
        try execute(sql: "DELETE FROM users WHERE name = ?", arguments: [name])
    }

    package func delete(role name: String) throws {
        try execute(sql: "DELETE FROM roles WHERE name = ?", arguments: [name])
    }

    package func roleHolders() throws -> [User] {
        try String.fetchAll(self, sql: "SELECT DISTINCT user FROM user_roles ORDER BY user")
            .compactMap { try user(named: $0) }
    }

    package func administrators(orLocked: Bool) throws -> Int {
        try Int.fetchOne(
            self,
            sql: """
                SELECT count(*) FROM users WHERE (? OR NOT is_locked) AND (
                    name IN (SELECT user FROM user_permissions WHERE permission = ?) OR
                    name IN (SELECT user FROM user_roles JOIN role_permissions USING (role) WHERE permission = ?))
                """,
            arguments: [orLocked, Administration.permission, Administration.permission]) ?? 0
    }

    private func texts(_ sql: String, _ argument: String) throws -> Set<String> {
        try String.fetchSet(self, sql: sql, arguments: [argument])
    }
}
