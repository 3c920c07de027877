import Foundation
import GRDB

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
        try note(entry)
    }
}

extension Row {
    fileprivate func date(_ column: String) -> Date? {
        (self[column] as Int64?).map(Date.init(milliseconds:))
    }
}
