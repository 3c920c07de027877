package import Auth
package import Foundation
package import Postgres

// Refresh tokens and revocations as rows.
extension PostgresConnection {
    package func refreshToken(_ hash: String) throws -> StoredRefreshToken? {
        let answer = try run(
            """
            SELECT refresh_tokens.*, families.*, users.id AS subject FROM refresh_tokens
            JOIN families ON families.name = family JOIN users ON users.name = user_name WHERE hash = $1
            """, hash)
        guard let row = answer.rows.first else { return nil }
        let access = TokenReference(id: try row.value("access_id"), expires: try row.date("access_expires"))
        let token = RefreshToken(
            hash: hash, family: try row.value("family"), user: try row.value("user_name"),
            issued: try row.date("issued"), expires: try row.date("expires"), access: access,
            client: try row.value("client", as: String?.self),
            scope: RefreshToken.scope(text: try row.value("scope", as: String?.self)))
        return StoredRefreshToken(
            token: token, subject: try row.value("subject"), use: try row.use, isEnded: try row.value("is_ended"))
    }

    package func record(_ use: StoredRefreshToken.Use, of hash: String) throws {
        try run(
            "UPDATE refresh_tokens SET is_used = true, used = $1, successor = $2, sealed = $3 WHERE hash = $4",
            use.moment.milliseconds, use.successor, use.sealed, hash)
    }

    package func insert(familyOf token: RefreshToken) throws {
        try run(
            "INSERT INTO families (name, user_name, client, scope) VALUES ($1, $2, $3, $4)", token.family, token.user,
            token.client, token.scopeText)
    }

    package func insert(_ token: RefreshToken) throws {
        try run(
            """
            INSERT INTO refresh_tokens (hash, family, issued, expires, access_id, access_expires)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, token.hash, token.family, token.issued.milliseconds, token.expires.milliseconds, token.access.id,
            token.access.expires.milliseconds)
    }

    package func end(_ ending: SessionInvalidation, of user: String, at moment: Date) throws {
        guard ending != .nothing else { return }
        if ending == .sessions { try run("UPDATE families SET is_ended = true WHERE user_name = $1", user) }
        try revokeAccess(where: "family IN (SELECT name FROM families WHERE user_name = $1)", user, at: moment)
    }

    package func end(family: String, at moment: Date) throws {
        try run("UPDATE families SET is_ended = true WHERE name = $1", family)
        try revokeAccess(where: "family = $1", family, at: moment)
    }

    /// Revokes the access tokens of some families that are still accepted somewhere, each with a version of its own.
    private func revokeAccess(where condition: String, _ argument: String, at moment: Date) throws {
        try run(
            """
            WITH ending AS (
                SELECT access_id, max(access_expires) AS expires,
                    row_number() OVER (ORDER BY min(issued), access_id) AS place
                FROM refresh_tokens
                WHERE \(condition) AND access_expires > $2
                    AND NOT EXISTS (SELECT FROM revocations WHERE token_id = access_id)
                GROUP BY access_id
            ), counted AS (
                UPDATE state SET version = version + (SELECT count(*) FROM ending) RETURNING version
            )
            INSERT INTO revocations
            SELECT version - (SELECT count(*) FROM ending) + place, access_id, expires FROM ending, counted
            """, argument, TokenReference.forgotten(at: moment).milliseconds)
    }

    package func forget(endedBy moment: Date, limit: Int) throws -> Int {
        let (now, forgotten) = (moment.milliseconds, TokenReference.forgotten(at: moment).milliseconds)
        // Whatever ends a user's access tokens finds them by the refresh tokens beside them.
        let tokens: Int = try run(
            """
            WITH ended AS (
                DELETE FROM refresh_tokens WHERE hash IN (
                    SELECT hash FROM refresh_tokens WHERE expires <= $1 AND access_expires <= $2
                    ORDER BY expires LIMIT $3)
                RETURNING family
            ), emptied AS (
                DELETE FROM families WHERE name IN (SELECT family FROM ended)
                    AND (SELECT count(*) FROM refresh_tokens WHERE family = name)
                        = (SELECT count(*) FROM ended WHERE family = name)
            )
            SELECT count(*) AS count FROM ended
            """, now, forgotten, limit
        ).row().value("count")
        let revocations = try run(
            "DELETE FROM revocations WHERE version IN (SELECT version FROM revocations WHERE expires <= $1 LIMIT $2)",
            forgotten, limit)
        return max(tokens, revocations.affected)
    }

    package func forgetAudit(before moment: Date, limit: Int) throws -> Int {
        // Lines are in the order of their numbers: the oldest show whether there is anything to do.
        try run(
            """
            DELETE FROM audit WHERE number IN (
                SELECT number FROM (SELECT number, at FROM audit ORDER BY number LIMIT $1) AS oldest WHERE at < $2)
            """, limit, moment.milliseconds
        ).affected
    }

    /// - Returns: true if it was not revoked before.
    package func revoke(_ token: TokenReference) throws -> Bool {
        guard try !isRevoked(token.id) else { return false }
        try run(
            "INSERT INTO revocations VALUES ($1, $2, $3)", try nextVersion(), token.id, token.expires.milliseconds)
        return true
    }

    func isRevoked(_ id: String) throws -> Bool {
        try run("SELECT EXISTS (SELECT FROM revocations WHERE token_id = $1) AS it", id).row().value("it")
    }

    /// Writers take turns, and so versions are seen in their order.
    func nextVersion() throws -> Int {
        try run("UPDATE state SET version = version + 1 RETURNING version").row().value("version")
    }

    package func record(_ entry: AuditEntry) throws {
        try run(
            "INSERT INTO audit (at, actor, action, target, detail, origin) VALUES ($1, $2, $3, $4, $5, $6)",
            entry.at.milliseconds, entry.actor, entry.action.rawValue, entry.target, entry.detail, entry.origin)
    }
}

extension Row {
    fileprivate var use: StoredRefreshToken.Use? {
        get throws(PostgresError) {
            guard try value("is_used") else { return nil }
            guard let moment = try value("used", as: Int64?.self) else { return .unknown }
            return StoredRefreshToken.Use(
                at: Date(milliseconds: moment), successor: try value("successor"), sealed: try value("sealed"))
        }
    }
}

// Signing keys as rows, within a transaction.
extension PostgresConnection {
    package func keys() throws -> [StoredKey] {
        try run("SELECT * FROM signing_keys ORDER BY announced, place").rows.map { row in
            StoredKey(
                kid: try row.value("kid"), jwk: Data(try row.value("jwk", as: [UInt8].self)),
                state: StoredKey.State(rawValue: try row.value("state")) ?? .retired,
                announced: try row.date("announced"),
                signing: try row.moment("signing"), retiring: try row.moment("retiring"),
                retired: try row.moment("retired"))
        }
    }

    package func write(_ keys: [StoredKey], _ entry: AuditEntry) throws {
        for key in keys {
            try run(
                """
                INSERT INTO signing_keys (kid, jwk, state, announced, signing, retiring, retired)
                VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kid) DO UPDATE SET
                jwk = excluded.jwk, state = excluded.state, signing = excluded.signing,
                retiring = excluded.retiring, retired = excluded.retired
                """, key.kid, [UInt8](key.jwk), key.state.rawValue, key.announced.milliseconds,
                key.signing?.milliseconds, key.retiring?.milliseconds, key.retired?.milliseconds)
        }
        try run("UPDATE state SET keys_version = $1", try nextVersion())
        try record(entry)
    }
}

extension Row {
    fileprivate func moment(_ column: String) throws(PostgresError) -> Date? {
        try value(column, as: Int64?.self).map(Date.init(milliseconds:))
    }
}
