public import Auth
import Foundation
import Postgres

extension PostgresStore {
    public func isRevoked(_ id: String) async throws(StoreError) -> Bool {
        try await read { try $0.isRevoked(id) }
    }

    public func changes(since version: Int, limit: Int) async throws(StoreError) -> Changes {
        // One statement, and so of one moment. One more than asked for tells whether that is all.
        let rows = try await read { connection in
            try connection.run(
                """
                SELECT state.version AS current, keys_version, found.version, token_id, expires
                FROM state LEFT JOIN LATERAL (
                    SELECT * FROM revocations
                    WHERE version > CASE WHEN $1::bigint > state.version THEN 0 ELSE $1::bigint END
                    ORDER BY version LIMIT $2
                ) AS found ON true ORDER BY found.version
                """, version, limit + 1
            ).rows
        }
        do {
            return try Changes(rows, since: version, limit: limit)
        } catch {
            throw StoreError(error)
        }
    }

    public func audit(before number: Int?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { connection in
            try connection.run(
                "SELECT * FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2", number ?? .max, limit
            ).rows.compactMap { row in
                guard let action = AuditEntry.Action(rawValue: try row("action")) else { return nil }
                let entry = AuditEntry(
                    action, of: try row("target"), by: try row("actor"), detail: try row("detail"),
                    from: try row("origin"), at: try row.date("at"))
                return AuditRecord(number: try row("number"), entry: entry)
            }
        }
    }
}

extension Changes {
    fileprivate init(_ rows: [Row], since version: Int, limit: Int) throws(PostgresError) {
        guard let first = rows.first else { throw .noRow }
        let current: Int = try first("current")
        var found: [Revocation] = []
        for row in rows {
            // Where there are none, the row tells of the versions alone.
            guard let version: Int = try row("version", as: Int?.self) else { continue }
            let token = TokenReference(id: try row("token_id"), expires: try row.date("expires"))
            found.append(Revocation(version: version, token: token))
        }
        let isComplete = found.count <= limit
        let page = Array(found.prefix(limit))
        self.init(
            version: isComplete ? current : page.last?.version ?? (version > current ? 0 : version),
            keysVersion: try first("keys_version"), revocations: page, isComplete: isComplete)
    }
}
