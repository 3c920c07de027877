package import Auth
import Foundation
import Postgres

// Signing keys as rows, within a transaction.
extension Connection {
    package func keys() throws -> [StoredKey] {
        try run("SELECT * FROM signing_keys ORDER BY announced, place").rows.map { row in
            StoredKey(
                kid: try row("kid"), jwk: Data(try row("jwk", as: [UInt8].self)),
                state: StoredKey.State(rawValue: try row("state")) ?? .retired, announced: try row.date("announced"),
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
        try note(entry)
    }
}

extension Row {
    fileprivate func moment(_ column: String) throws(PostgresError) -> Date? {
        try self(column, as: Int64?.self).map(Date.init(milliseconds:))
    }
}
