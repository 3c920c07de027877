package import Foundation
package import GRDB

// Refresh tokens and revocations as rows, within a transaction.
extension Database {
    package func refreshToken(_ hash: String) throws -> StoredRefreshToken? {
        let sql = """
            SELECT * FROM refresh_tokens JOIN families ON families.name = family WHERE hash = ?
            """
        guard let row = try Row.fetchOne(self, sql: sql, arguments: [hash]) else { return nil }
        let access = TokenReference(id: row["access_id"], expires: Date(milliseconds: row["access_expires"]))
        let token = RefreshToken(
            hash: hash, family: row["family"], user: row["user"], issued: Date(milliseconds: row["issued"]),
            expires: Date(milliseconds: row["expires"]), access: access)
        return StoredRefreshToken(token: token, isUsed: row["is_used"], isEnded: row["is_ended"])
    }

    package func markUsed(_ hash: String) throws {
        try execute(sql: "UPDATE refresh_tokens SET is_used = 1 WHERE hash = ?", arguments: [hash])
    }

    package func insert(_ token: RefreshToken) throws {
        try execute(
            sql: """
                INSERT INTO refresh_tokens (hash, family, issued, expires, access_id, access_expires)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                token.hash, token.family, token.issued.milliseconds, token.expires.milliseconds, token.access.id,
                token.access.expires.milliseconds,
            ])
    }

    package func end(_ ending: Ending, of user: String, at moment: Date) throws {
        guard ending != .nothing else { return }
        if ending == .sessions {
            try execute(sql: "UPDATE families SET is_ended = 1 WHERE user = ?", arguments: [user])
        }
        try revokeAccess(where: "family IN (SELECT name FROM families WHERE user = ?)", user, at: moment)
    }

    package func end(family: String, at moment: Date) throws {
        try execute(sql: "UPDATE families SET is_ended = 1 WHERE name = ?", arguments: [family])
        try revokeAccess(where: "family = ?", family, at: moment)
    }

    /// Revokes the access tokens of some families that are still accepted somewhere.
    private func revokeAccess(where condition: String, _ argument: String, at moment: Date) throws {
        let forgotten = TokenReference.forgotten(at: moment).milliseconds
        let rows = try Row.fetchAll(
            self,
            sql: """
                SELECT access_id, access_expires FROM refresh_tokens WHERE \(condition) AND access_expires > ?
                ORDER BY issued, hash
                """,
            arguments: [argument, forgotten])
        for row in rows {
            try revoke(TokenReference(id: row["access_id"], expires: Date(milliseconds: row["access_expires"])))
        }
    }

    /// - Returns: whether it was not revoked before.
    @discardableResult
    func revoke(_ token: TokenReference) throws -> Bool {
        guard try !isRevoked(token.id) else { return false }
        try execute(
            sql: "INSERT INTO revocations VALUES (?, ?, ?)",
            arguments: [try nextVersion(), token.id, token.expires.milliseconds])
        return true
    }

    func isRevoked(_ id: String) throws -> Bool {
        let statement = try cachedStatement(sql: "SELECT EXISTS (SELECT * FROM revocations WHERE token_id = ?)")
        return try Bool.fetchOne(statement, arguments: [id]) ?? false
    }

    /// Writers take turns, and so versions are seen in their order.
    func nextVersion() throws -> Int {
        try Int.fetchOne(self, sql: "UPDATE state SET version = version + 1 RETURNING version") ?? 0
    }

    package func note(_ entry: AuditEntry) throws {
        try execute(
            sql: "INSERT INTO audit (at, actor, action, target, detail, origin) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
                entry.at.milliseconds, entry.actor, entry.action.rawValue, entry.target, entry.detail, entry.origin,
            ])
    }
}
