import Foundation
import GRDB

extension SQLiteStore {
    public func keys() async throws(StoreError) -> [StoredKey] {
        try await read { try $0.keys() }
    }

    public func begin(with key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { database in
            guard try database.keys().isEmpty, let key = key.moved(to: .signing, at: entry.at) else { return false }
            try database.write([key], entry)
            return true
        }
    }

    public func announce(_ key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { database in
            guard try !database.keys().contains(where: { $0.kid == key.kid }) else { return false }
            try database.write([key], entry)
            return true
        }
    }

    public func promote(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { database in
            let keys = try database.keys()
            guard let next = keys.first(where: { $0.kid == kid })?.moved(to: .signing, at: entry.at) else {
                return false
            }
            // The one that signs goes first: there is never a second.
            try database.write(keys.compactMap { $0.moved(to: .retiring, at: entry.at) } + [next], entry)
            return true
        }
    }

    public func retire(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { database in
            let key = try database.keys().first { $0.kid == kid }?.moved(to: .retired, at: entry.at)
            guard let key else { return false }
            try database.write([key], entry)
            return true
        }
    }
}

extension Database {
    fileprivate func keys() throws -> [StoredKey] {
        try rows("SELECT * FROM signing_keys ORDER BY announced, rowid").map { row in
            StoredKey(
                kid: row["kid"], jwk: row["jwk"], state: StoredKey.State(rawValue: row["state"]) ?? .retired,
                announced: Date(milliseconds: row["announced"]), signing: row.date("signing"),
                retiring: row.date("retiring"), retired: row.date("retired"))
        }
    }

    /// Adds keys or replaces those of their names; together that is one change.
    fileprivate func write(_ keys: [StoredKey], _ entry: AuditEntry) throws {
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
