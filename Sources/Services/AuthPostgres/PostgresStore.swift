public import Auth
import Foundation
public import Postgres
import Synchronization

/// A store in a PostgreSQL database, which several auth processes may share, in a schema of its own: `star_auth`.
///
/// Writers take turns, whichever process they are in: rules that look at many rows, such as the one about the last
/// administrator, hold as they do in a file. Readers wait for no writer.
public final class PostgresStore: TransactionalStore {
    private let pool: Pool
    private let isPrepared = Atomic(false)
    /// True if the last write that failed found no room.
    private let isFull = Atomic(false)

    /// Connects to nothing yet: while the database is away, calls fail until it is back, and a start does not.
    public init(_ address: ConnectionURL) {
        var settings = PoolSettings()
        settings.name = "star auth"
        settings.schema = "star_auth"
        pool = Pool(address, settings: settings)
    }

    /// Runs statements that need not see the same moment.
    package func read<Value: Sendable>(
        _ work: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(.readCommitted, work)
    }

    func read<Value: Sendable>(
        _ isolation: Isolation, _ work: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await guarded { try await self.pool.transaction(isolation, work) }
    }

    /// One transaction, beside which there is no other that writes.
    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await guarded { try await self.writeAlone(work) }
    }

    /// A transaction that is undone if it refuses.
    package func writeOrReject<Value: Sendable>(
        _ work: @escaping @Sendable (Connection) throws -> Value
    ) async throws(StoreError) -> Result<Value, StoreRejection> {
        try await guarded {
            do {
                return .success(try await self.writeAlone(work))
            } catch let refusal as StoreRejection {
                return .failure(refusal)
            }
        }
    }

    /// Writers of this process wait for their turn here, so that one connection is enough for all of them.
    private func writeAlone<Value: Sendable>(
        _ work: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        // Statements see what was committed before them: those after the lock, all that others have done.
        try await pool.transaction(.readCommitted, turn: .exclusive) { connection in
            try connection.run("SELECT pg_advisory_xact_lock(hashtext('star_auth writes'))")
            return try work(connection)
        }
    }

    private func guarded<Value: Sendable>(
        _ work: () async throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            if !isPrepared.load(ordering: .acquiring) {
                try await pool.migrate(Self.migrations)
                isPrepared.store(true, ordering: .releasing)
            }
            return try await work()
        } catch {
            // Somebody has put an older back-up in the database's place, or an empty one.
            if (error as? PostgresError)?.state == .undefinedTable { isPrepared.store(false, ordering: .releasing) }
            let failure = StoreError(error)
            if failure == .full { isFull.store(true, ordering: .relaxed) }
            throw failure
        }
    }

    public func probe() async throws(StoreError) {
        try await read { connection in
            for table in StoreTable.all { try connection.run("SELECT 1 FROM \(table.name) LIMIT 1") }
        }
        // On a full disk small writes still find a place here and there. There is room again where a larger one does.
        let bytes = isFull.load(ordering: .relaxed) ? (0..<65_536).map { _ in UInt8.random(in: .min ... .max) } : []
        try await write { connection in
            try connection.run("UPDATE state SET probes = probes + 1")
            guard !bytes.isEmpty else { return }
            try connection.run("INSERT INTO room VALUES ($1)", bytes)
            try connection.run("DELETE FROM room")
        }
        isFull.store(false, ordering: .relaxed)
    }

    public func close() async {
        await pool.close()
    }
}

extension StoreError {
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case PostgresError.full: self = .busy
        case let error as PostgresError where error.isPermanent: self = .unusable(error.description)
        case let error as PostgresError:
            switch error.state {
            case .diskFull: self = .full
            case .readOnlyTransaction: self = .readOnly
            case .lockNotAvailable: self = .locked
            default: self = .unavailable(error.description)
            }
        default: self = .unavailable(String(describing: error))
        }
    }
}

extension PostgresStore {
    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await read { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name NOT LIKE 'client:%'", after: name, limit)
    }

    public func clients(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name LIKE 'client:%'", after: name, limit)
    }

    private func accounts(
        _ condition: String, after name: String?, _ limit: Int
    ) async throws(StoreError) -> [User] {
        // Nothing lies between a name and the same with a NUL behind it, which PostgreSQL would not take.
        let name = String(decoding: (name ?? "").utf8.prefix { $0 != 0 }, as: UTF8.self)
        return try await read { connection in
            try connection.users("WHERE \(condition) AND name > $1 ORDER BY name LIMIT $2", name, limit)
        }
    }
}

extension PostgresStore {
    public func isRevoked(_ id: String) async throws(StoreError) -> Bool {
        try await read { try $0.isRevoked(id) }
    }

    public func changes(since version: Int, limit: Int) async throws(StoreError) -> Changes {
        // A back-up that was put in the store's place has tables of its own, with other numbers (tableoid).
        // One statement, and so of one moment. One more than asked for shows if that is all.
        let rows = try await read { connection in
            try connection.run(
                """
                SELECT state.version AS current, keys_version, found.version, token_id, expires,
                    (SELECT kid FROM signing_keys ORDER BY announced, place LIMIT 1) || '.' || state.tableoid AS epoch
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
            // If there are none, the row has the versions alone.
            guard let version: Int = try row("version", as: Int?.self) else { continue }
            let token = TokenReference(id: try row("token_id"), expires: try row.date("expires"))
            found.append(Revocation(version: version, token: token))
        }
        let isComplete = found.count <= limit
        let page = Array(found.prefix(limit))
        self.init(
            epoch: try first("epoch", as: String?.self),
            version: isComplete ? current : page.last?.version ?? (version > current ? 0 : version),
            keysVersion: try first("keys_version"), revocations: page, isComplete: isComplete)
    }
}
