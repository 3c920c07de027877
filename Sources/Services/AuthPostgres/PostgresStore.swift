public import Auth
import Foundation
public import Postgres
import Synchronization

/// A store in a PostgreSQL database, which several auth processes may share, in a schema of its own: `star_auth`.
///
/// Writers take turns, whichever process they are in: rules that read many rows, such as the one about the last
/// administrator, hold as they do in a file. Readers wait for no writer.
///
/// A new store is made before there is a signing key, and never again: if a database that had one is empty later, every
/// call fails until the store is back.
public final class PostgresStore: TransactionalStore {
    fileprivate enum State {
        /// Nothing is known of the database.
        case unknown
        /// The tables are there, and no auth has begun with them.
        case keyless
        /// There is a signing key, and each transaction looks for one.
        case open
        /// It was open, and something else is in its place.
        case lost
    }

    /// Finds something in a store that auth has begun with.
    private static let anyKey = "SELECT FROM signing_keys LIMIT 1"

    private let address: ConnectionURL
    private let isCreating: Bool
    private let pool: Pool
    private let state = Mutex(State.unknown)
    /// True if the last write that failed found no room.
    private let isFull = Atomic(false)

    /// Connects to nothing yet: while the database is away, calls fail until it is back, and a start does not.
    ///
    /// - Parameter isCreating: true if a new store is made in a database that has none.
    public init(_ address: ConnectionURL, isCreating: Bool = true) {
        self.address = address
        self.isCreating = isCreating
        var settings = PoolSettings()
        settings.name = "star auth"
        settings.schema = "star_auth"
        pool = Pool(address, settings: settings)
    }

    /// Runs statements that need not see the same snapshot.
    package func read<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(.readCommitted, work)
    }

    func read<Value: Sendable>(
        _ isolation: Isolation, _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await guarded { try await self.pool.transaction(isolation, condition: $0, work) }
    }

    /// One transaction, beside which there is no other that writes.
    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await guarded { try await self.writeAlone($0, work) }
    }

    /// A transaction that is undone if it refuses.
    package func writeOrReject<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Result<Value, StoreRejection> {
        try await guarded { condition in
            do {
                return .success(try await self.writeAlone(condition, work))
            } catch let refusal as StoreRejection {
                return .failure(refusal)
            }
        }
    }

    /// Writers of this process wait for their turn here, so that one connection is enough for all of them.
    private func writeAlone<Value: Sendable>(
        _ condition: String?, _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        // Statements see what was committed before them: those after the lock, all that others have done.
        try await pool.transaction(.readCommitted, turn: .exclusive, condition: condition) { connection in
            try connection.run("SELECT pg_advisory_xact_lock(hashtext('star_auth writes'))")
            return try work(connection)
        }
    }

    /// - Parameter work: is given the condition of its transaction.
    private func guarded<Value: Sendable>(
        _ work: (String?) async throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            do {
                return try await work(try await prepare())
            } catch let error as PostgresError where error.isOfOtherTables {
                state.withLock { $0.lose() }
                return try await work(try await prepare())
            }
        } catch {
            let failure = StoreError(error)
            if failure == .full { isFull.store(true, ordering: .relaxed) }
            throw failure
        }
    }

    /// Brings the tables to today's form, if that is not known of them.
    ///
    /// - Returns: the condition of a transaction: it finds nothing if the store is not the one that was prepared.
    private func prepare() async throws -> String? {
        let found = state.withLock { $0 }
        switch found {
        case .open: return Self.anyKey
        case .unknown, .lost: try await migrate(isCreating: isCreating && found == .unknown)
        case .keyless: break
        }
        let hasKey = try await pool.transaction(.readCommitted) { try !$0.run(Self.anyKey).rows.isEmpty }
        guard hasKey || found != .lost else { throw StoreError.unavailable(lost) }
        state.withLock { $0 = hasKey ? .open : .keyless }
        return hasKey ? Self.anyKey : nil
    }

    private func migrate(isCreating: Bool) async throws {
        do {
            try await pool.migrate(Self.migrations, isCreating: isCreating)
        } catch PostgresError.notMigrated {
            throw state.withLock { $0 == .lost } ? StoreError.unavailable(lost) : StoreError.unusable(missing)
        }
    }

    private var missing: String {
        """
        There is no store in \(address), schema star_auth. The first start of auth makes it, in production with \
        AUTH_CREATE_STORE=true, and so does star users add.
        """
    }

    private var lost: String {
        """
        The store in \(address), schema star_auth, is gone: it is missing or empty, and is made by a start only. Put it \
        back, or a back-up in its place.
        """
    }

    public func probe() async throws(StoreError) {
        try await read { connection in
            for table in StoreTable.all { try connection.run("SELECT 1 FROM \(table.name) LIMIT 1") }
        }
        // On a full disk small writes still find a place here and there. There is room again if a larger one does.
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

extension PostgresStore.State {
    fileprivate mutating func lose() {
        switch self {
        case .open, .lost: self = .lost
        case .unknown, .keyless: self = .unknown
        }
    }
}

extension PostgresError {
    /// True if the tables are not those of a store that was prepared: somebody has put another database, an older back-up
    /// or nothing in its place.
    fileprivate var isOfOtherTables: Bool {
        self == .noRow || state == .undefinedTable || state == .undefinedColumn
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
        // One statement, and so one snapshot. One more than asked for shows if that is all.
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
                guard let action = AuditEntry.AuditAction(rawValue: try row.value("action")) else { return nil }
                let entry = AuditEntry(
                    action, of: try row.value("target"), by: try row.value("actor"), detail: try row.value("detail"),
                    from: try row.value("origin"), at: try row.date("at"))
                return AuditRecord(number: try row.value("number"), entry: entry)
            }
        }
    }
}

extension Changes {
    fileprivate init(_ rows: [Row], since version: Int, limit: Int) throws(PostgresError) {
        guard let first = rows.first else { throw .noRow }
        let current: Int = try first.value("current")
        var found: [Revocation] = []
        for row in rows {
            // If there are none, the row has the versions alone.
            guard let version: Int = try row.value("version", as: Int?.self) else { continue }
            let token = TokenReference(id: try row.value("token_id"), expires: try row.date("expires"))
            found.append(Revocation(version: version, token: token))
        }
        let isComplete = found.count <= limit
        let page = Array(found.prefix(limit))
        self.init(
            epoch: try first.value("epoch", as: String?.self),
            version: isComplete ? current : page.last?.version ?? (version > current ? 0 : version),
            keysVersion: try first.value("keys_version"), revocations: page, isComplete: isComplete)
    }
}
