import Foundation
import GRDB

extension SQLiteStore {
    public func isRevoked(_ id: String) async throws(StoreError) -> Bool {
        try await fastRead { try $0.isRevoked(id) }
    }

    public func changes(since version: Int, limit: Int) async throws(StoreError) -> Changes {
        try await read { database in
            let current: Int = try database.one("SELECT version FROM state")
            let keysVersion: Int = try database.one("SELECT keys_version FROM state")
            let start = version > current ? 0 : version
            // One more than asked for tells whether that is all.
            let found = try database.rows(
                "SELECT * FROM revocations WHERE version > ? ORDER BY version LIMIT ?", start, limit + 1
            ).map { row in
                Changes.Revocation(
                    version: row["version"],
                    token: TokenReference(id: row["token_id"], expires: Date(milliseconds: row["expires"])))
            }
            let isComplete = found.count <= limit
            let page = Array(found.prefix(limit))
            return Changes(
                version: isComplete ? current : page.last?.version ?? start, keysVersion: keysVersion,
                revocations: page, isComplete: isComplete)
        }
    }

    public func audit(before number: Int?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { database in
            try database.rows(
                "SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?", number ?? .max, limit
            ).compactMap { row in
                guard let action = AuditEntry.Action(rawValue: row["action"]) else { return nil }
                let entry = AuditEntry(
                    action, of: row["target"], by: row["actor"], detail: row["detail"], from: row["origin"],
                    at: Date(milliseconds: row["at"]))
                return AuditRecord(number: row["number"], entry: entry)
            }
        }
    }
}
