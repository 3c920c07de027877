import Foundation
import GRDB

extension SQLiteStore {
    public func keys() async throws(StoreError) -> [StoredKey] {
        try await read { try $0.keys() }
    }

    public func begin(with key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.begin(with: key, entry) }
    }

    public func announce(_ key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.announce(key, entry) }
    }

    public func promote(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.promote(kid, entry) }
    }

    public func retire(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.retire(kid, entry) }
    }
}

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
