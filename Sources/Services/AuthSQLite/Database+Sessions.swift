package import Auth
package import Foundation
package import GRDB

// Refresh tokens and revocations as rows, within a transaction.
extension Database {
    package func refreshToken(_ hash: String) throws -> StoredRefreshToken? {
        let found = try rows(
            """
            SELECT refresh_tokens.*, families.*, users.id AS subject FROM refresh_tokens
            JOIN families ON families.name = family JOIN users ON users.name = user WHERE hash = ?
            """, hash)
        guard let row = found.first else { return nil }
        let access = TokenReference(id: row["access_id"], expires: Date(milliseconds: row["access_expires"]))
        let token = RefreshToken(
            hash: hash, family: row["family"], user: row["user"], issued: Date(milliseconds: row["issued"]),
            expires: Date(milliseconds: row["expires"]), access: access, client: row["client"],
            scope: RefreshToken.scope(text: row["scope"]))
        return StoredRefreshToken(token: token, subject: row["subject"], use: row.use, isEnded: row["is_ended"])
    }

    package func record(_ use: StoredRefreshToken.Use, of hash: String) throws {
        try run(
            "UPDATE refresh_tokens SET is_used = 1, used = ?, successor = ?, sealed = ? WHERE hash = ?",
            use.moment.milliseconds, use.successor, use.sealed, hash)
    }

    package func insert(familyOf token: RefreshToken) throws {
        try run(
            "INSERT INTO families (name, user, client, scope) VALUES (?, ?, ?, ?)", token.family, token.user,
            token.client, token.scopeText)
    }

    package func insert(_ token: RefreshToken) throws {
        try run(
            """
            INSERT INTO refresh_tokens (hash, family, issued, expires, access_id, access_expires)
            VALUES (?, ?, ?, ?, ?, ?)
            """, token.hash, token.family, token.issued.milliseconds, token.expires.milliseconds, token.access.id,
            token.access.expires.milliseconds)
    }

    package func end(_ ending: SessionInvalidation, of user: String, at moment: Date) throws {
        guard ending != .nothing else { return }
        if ending == .sessions {
            try run("UPDATE families SET is_ended = 1 WHERE user = ?", user)
        }
        try revokeAccess(where: "family IN (SELECT name FROM families WHERE user = ?)", user, at: moment)
    }

    package func end(family: String, at moment: Date) throws {
        try run("UPDATE families SET is_ended = 1 WHERE name = ?", family)
        try revokeAccess(where: "family = ?", family, at: moment)
    }

    /// Revokes the access tokens of some families that are still accepted somewhere.
    private func revokeAccess(where condition: String, _ argument: String, at moment: Date) throws {
        let ending = try rows(
            """
            SELECT access_id, access_expires FROM refresh_tokens WHERE \(condition) AND access_expires > ?
            ORDER BY issued, hash
            """, argument, TokenReference.forgotten(at: moment).milliseconds)
        for row in ending {
            try revoke(TokenReference(id: row["access_id"], expires: Date(milliseconds: row["access_expires"])))
        }
    }

    package func forget(endedBy moment: Date, limit: Int) throws -> Int {
        let (now, forgotten) = (moment.milliseconds, TokenReference.forgotten(at: moment).milliseconds)
        // Whatever ends a user's access tokens finds them by the refresh tokens beside them.
        let ended = try rows(
            """
            SELECT hash, family FROM refresh_tokens WHERE expires <= ? AND access_expires <= ? ORDER BY expires LIMIT ?
            """, now, forgotten, limit)
        for row in ended { try run("DELETE FROM refresh_tokens WHERE hash = ?", row["hash"] as String) }
        for family in Set(ended.map { $0["family"] as String }) {
            try run(
                """
                DELETE FROM families
                WHERE name = ?1 AND NOT EXISTS (SELECT * FROM refresh_tokens WHERE family = ?1)
                """, family)
        }
        try run(
            "DELETE FROM revocations WHERE version IN (SELECT version FROM revocations WHERE expires <= ? LIMIT ?)",
            forgotten, limit)
        return max(ended.count, changesCount)
    }

    package func forgetAudit(before moment: Date, limit: Int) throws -> Int {
        // Lines are in the order of their numbers: the oldest show whether there is anything to do.
        try run(
            """
            DELETE FROM audit WHERE number IN (
                SELECT number FROM (SELECT number, at FROM audit ORDER BY number LIMIT ?) WHERE at < ?)
            """, limit, moment.milliseconds)
        return changesCount
    }

    /// - Returns: true if it was not revoked before.
    @discardableResult
    package func revoke(_ token: TokenReference) throws -> Bool {
        guard try !isRevoked(token.id) else { return false }
        try run(
            "INSERT INTO revocations VALUES (?, ?, ?)", try nextVersion(), token.id, token.expires.milliseconds)
        return true
    }

    /// - Parameter file: the store's: a back-up that was put in its place has keys and numbers of its own.
    func changes(since version: Int, limit: Int, in file: FileIdentity) throws -> Changes {
        let current: Int = try one("SELECT version FROM state")
        let keysVersion: Int = try one("SELECT keys_version FROM state")
        let start = version > current ? 0 : version
        // One more than asked for shows if that is all.
        let found = try rows(
            "SELECT * FROM revocations WHERE version > ? ORDER BY version LIMIT ?", start, limit + 1
        ).map { row in
            Changes.Revocation(
                version: row["version"],
                token: TokenReference(id: row["token_id"], expires: Date(milliseconds: row["expires"])))
        }
        let isComplete = found.count <= limit
        let page = Array(found.prefix(limit))
        return Changes(
            epoch: try keys().first.map { "\($0.kid).\(file.node)" },
            version: isComplete ? current : page.last?.version ?? start, keysVersion: keysVersion,
            revocations: page, isComplete: isComplete)
    }

    func isRevoked(_ id: String) throws -> Bool {
        try one("SELECT EXISTS (SELECT * FROM revocations WHERE token_id = ?)", id)
    }

    /// Writers take turns, and so versions are seen in their order.
    func nextVersion() throws -> Int {
        try one("UPDATE state SET version = version + 1 RETURNING version")
    }

    package func record(_ entry: AuditEntry) throws {
        try run(
            "INSERT INTO audit (at, actor, action, target, detail, origin) VALUES (?, ?, ?, ?, ?, ?)",
            entry.at.milliseconds, entry.actor, entry.action.rawValue, entry.target, entry.detail, entry.origin)
    }
}

extension Row {
    fileprivate var use: StoredRefreshToken.Use? {
        guard self["is_used"] else { return nil }
        guard let moment: Int64 = self["used"] else { return .unknown }
        return StoredRefreshToken.Use(
            at: Date(milliseconds: moment), successor: self["successor"], sealed: self["sealed"])
    }
}

// Signing keys as rows, within a transaction.
extension Database {
    package func keys() throws -> [StoredKey] {
        try rows("SELECT * FROM signing_keys ORDER BY announced, rowid").map { row in
            StoredKey(
                kid: row["kid"], jwk: row["jwk"], state: StoredKey.State(rawValue: row["state"]) ?? .retired,
                announced: Date(milliseconds: row["announced"]), signing: row.date("signing"),
                retiring: row.date("retiring"), retired: row.date("retired"))
        }
    }

    package func write(_ keys: [StoredKey], _ entry: AuditEntry) throws {
        for key in keys {
            try run(
                """
                INSERT INTO signing_keys VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kid) DO UPDATE SET
                jwk = excluded.jwk, state = excluded.state, signing = excluded.signing,
                retiring = excluded.retiring, retired = excluded.retired
                """, key.kid, key.jwk, key.state.rawValue, key.announced.milliseconds, key.signing?.milliseconds,
                key.retiring?.milliseconds, key.retired?.milliseconds)
        }
        try run("UPDATE state SET keys_version = ?", try nextVersion())
        try record(entry)
    }
}

extension Row {
    fileprivate func date(_ column: String) -> Date? {
        (self[column] as Int64?).map(Date.init(milliseconds:))
    }
}
