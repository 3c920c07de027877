public import Auth
import Background
import Files
public import Foundation
package import GRDB
import Synchronization

/// A store in a file of its own, for one auth process and the command line beside it.
///
/// Write-ahead log with `synchronous=FULL`: a commit is on the disk when it returns. Threads of its own do the work, so
/// that nothing blocks the caller's, unless that is a worker: writes one after the other, reads beside them.
/// Transactions belong to calls that take their time, and so leave the processors to others; what is asked for every
/// call does not.
///
/// Another file that takes the place of this one, such as a back-up, is used from the next call on. A file that
/// something else has written to, or that is damaged, is written to no more.
public final class SQLiteStore: TransactionalStore {
    struct Opened {
        let pool: DatabasePool
        /// The file that the pool has open, whatever happens to its name.
        var status: FileStatus
        /// The reason why nothing is written to it any more.
        var damage: String?
    }

    private enum State {
        case open(Opened)
        /// Something else has written to the file.
        case writtenOver(FileIdentity)
        /// The file cannot be used, unless it changes.
        case failed(FileStatus, StoreError)
        /// The file cannot be opened for a reason that passes. From that instant on it is tried again.
        case waiting(StoreError, until: ContinuousClock.Instant)
        case closed
    }

    /// The time that a call waits for another process that writes.
    private static let busyTimeout: TimeInterval = 0.5
    /// The time between two attempts to open a file that another process holds, or for which there is no room.
    private static let openingPause = Duration.seconds(1)
    /// The size of the log from which on it is brought into the file, as often as SQLite would.
    private static let maxLog = 4 << 20
    /// The size of a file up to which a start reads all of it before it is used; larger ones are read meanwhile.
    private static let maxRead = 16 << 20

    private let file: StoreFile
    private let state: Mutex<State>
    private let fastReads = BlockingThreadPool(1, name: "store fast reads")
    private let reads = BlockingThreadPool(1, name: "store reads", priority: .low)
    let writes = BlockingThreadPool(1, name: "store writes", priority: .low)
    private let checks = BlockingThreadPool(1, name: "store checks", priority: .lowest)

    /// Opens the file, and makes it with its directory, for its owner only, if it is missing. It blocks, and belongs to
    /// the start of a process. A store that another process holds, or for which the disk has no room, is opened when it is
    /// used.
    ///
    /// - Throws: ``SQLiteFileError`` if the file is damaged, it is no store, or the log beside it may not belong to it;
    ///   ``StoreError/unusable(_:)`` if others than its owner can use it, and this process may not change that; otherwise
    ///   the system's or SQLite's reason.
    public init(_ file: URL) throws {
        self.file = StoreFile(file.path)
        try PrivateFile.create(file)
        let isNew = try self.file.status().size == 0
        do {
            let opened = try Self.open(self.file, mayBeNew: true)
            state = Mutex(.open(opened))
            checkLater(opened)
        } catch let error as DatabaseError {
            guard error.isTransient, !isNew else { throw StoreError(error) }
            state = Mutex(.waiting(StoreError(error), until: .now))
        }
    }

    private static func open(_ file: StoreFile, mayBeNew: Bool) throws -> Opened {
        let status = try file.status()
        try file.settleLeftovers(status)
        if status.size > 0 || !mayBeNew {
            try file.inspect(mayBeNew: mayBeNew, isWhole: status.size <= maxRead)
        }
        try file.restrictToOwner()
        file.mark.claim(status.identity)
        var configuration = Configuration()
        configuration.label = "auth store"
        configuration.busyMode = .timeout(busyTimeout)
        // A glance must not wait for a reader with a small share: there is one for this store's own threads that read, one
        // for the check, and one for each of the workers elsewhere that do so in place.
        configuration.maximumReaderCount = 3 + ProcessLimits.current.processors
        let pool: DatabasePool
        do {
            pool = try DatabasePool(path: file.path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // Opening sets it to NORMAL, with which the last commits may be lost when the power fails.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // Checkpoints are made here, so that the mark knows of them; after one, the log takes no room.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 0")
            }
            try migrations.migrate(pool)
        } catch let error as DatabaseError where error.isDamage {
            throw file.damaged(error.message ?? "it is no database")
        }
        file.mark.changing(status.identity) {}
        return Opened(pool: pool, status: FileStatus(of: file.path) ?? status, damage: nil)
    }

    package func read<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: reads) { try $0.pool.read(work) }
    }

    /// One statement, which needs no transaction to see one state of the file, and takes no time.
    func fastRead<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: fastReads) { try $0.pool.unsafeRead(work) }
    }

    /// One transaction, which holds the write lock from its begin.
    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: writes, isWriting: true) { try $0.pool.write(work) }
    }

    /// A transaction that is undone if it refuses.
    package func writeOrReject<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Result<Value, StoreRejection> {
        try await run(on: writes, isWriting: true) { opened in
            do {
                return .success(try opened.pool.write(work))
            } catch let refusal as StoreRejection {
                return .failure(refusal)
            }
        }
    }

    /// There and back: GRDB's own `async` methods pass through the shared pool of threads on either way.
    func run<Value: Sendable>(
        on workers: BlockingThreadPool, isWriting: Bool = false,
        _ work: @escaping @Sendable (Opened) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await workers.run {
                // A caller that has gone while it waited needs no answer.
                try Task.checkCancellation()
                let opened = try self.opened(isWriting: isWriting)
                let value = try work(opened)
                if isWriting { self.shortenLog(opened) }
                return value
            }
        } catch {
            if let error = error as? DatabaseError, error.isDamage {
                recordDamage(error.message ?? "it is no database")
            }
            throw StoreError(error)
        }
    }

    public func probe() async throws(StoreError) {
        try await write { database in
            try database.run("UPDATE state SET probes = probes + 1")
            for table in StoreTable.all {
                _ = try database.rows("SELECT * FROM \(table.name) LIMIT 1")
            }
        }
    }

    public func close() async {
        let opened = state.withLock { state -> Opened? in
            defer { state = .closed }
            guard case .open(let opened) = state else { return nil }
            return opened
        }
        guard let opened else { return }
        await writes.run { self.close(opened) }
    }

    /// Waits for reads and writes that go on. Nothing can be done if it fails, and nothing is lost.
    private func close(_ opened: Opened) {
        opened.pool.interrupt()
        file.mark.changing(opened.status.identity) {
            // GRDB closes the connection that writes before those that read, and these cannot bring the log into the file.
            opened.pool.invalidateReadOnlyConnections()
            try? opened.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try? opened.pool.close()
        }
    }
}

// The file, and what happens to it.
extension SQLiteStore {
    /// The file that the path names now. Nothing is written to a file that no path leads to.
    private func opened(isWriting: Bool) throws -> Opened {
        let (opened, isNew) = try state.withLock { state -> (Opened, Bool) in
            guard let found = FileStatus(of: file.path) else {
                throw StoreError.unavailable("The file \(file.path) is gone.")
            }
            let isNew = try renew(&state, found)
            guard case .open(let opened) = state else { throw StoreError.unavailable(file.writtenOver) }
            return (opened, isNew)
        }
        if isNew { checkLater(opened) }
        if isWriting, let damage = opened.damage { throw StoreError.unavailable(file.damaged(damage).description) }
        return opened
    }

    /// - Returns: true if another file was opened.
    private func renew(_ state: inout State, _ found: FileStatus) throws -> Bool {
        switch state {
        case .closed: throw StoreError.unavailable("It is closed.")
        case .failed(found, let error): throw error
        case .waiting(let error, let end) where end > .now: throw error
        case .writtenOver(found.identity): return false
        case .open(let opened) where opened.status.identity == found.identity:
            guard opened.status != found else { return false }
            // With an empty log nothing of it can be mixed with the file: it is opened as another one would be.
            guard file.mark.allows(found) || !file.isLogEmpty else {
                close(opened)
                break
            }
            overwrite(&state, opened, found)
            return false
        case .open(let opened): close(opened)
        case .failed, .waiting, .writtenOver: break
        }
        do {
            state = .open(try Self.open(file, mayBeNew: false))
            return true
        } catch let error as DatabaseError where error.isTransient {
            state = .waiting(StoreError(error), until: .now + Self.openingPause)
            throw error
        } catch {
            state = .failed(found, StoreError(error))
            throw error
        }
    }

    private func overwrite(_ state: inout State, _ opened: Opened, _ found: FileStatus) {
        if file.mark.allows(found) {
            state = .open(Opened(pool: opened.pool, status: found, damage: opened.damage))
        } else {
            // Closed, it would write its log into the file. So it stays open until the process ends.
            _ = Unmanaged.passRetained(opened.pool)
            state = .writtenOver(found.identity)
        }
    }

    /// Brings a long log into the file. If that fails, nothing is lost, and the next write tries again.
    private func shortenLog(_ opened: Opened) {
        guard let size = FileStatus(of: file.log)?.size, size > Self.maxLog else { return }
        file.mark.changing(opened.status.identity) {
            _ = try? opened.pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
        }
    }

    /// Reads a large file while it is in use.
    private func checkLater(_ opened: Opened) {
        guard opened.status.size > Self.maxRead else { return }
        let pool = opened.pool
        Task { [checks, weak self] in
            do {
                let damage = try await checks.run { try pool.unsafeRead { try $0.damage() } }
                if let damage { self?.recordDamage(damage) }
            } catch let error as DatabaseError where error.isDamage {
                self?.recordDamage(error.message ?? "it is no database")
            } catch {
                // The store was closed, or the machine cannot read now: nothing is known of the file.
            }
        }
    }

    /// From now on, until another file takes its place, the store is not written to.
    private func recordDamage(_ damage: String) {
        state.withLock { state in
            guard case .open(var opened) = state, opened.damage == nil else { return }
            opened.damage = damage
            state = .open(opened)
        }
    }
}

extension StoreError {
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as SQLiteFileError: self = .unavailable(error.description)
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL: self = .full
            case .SQLITE_READONLY: self = .readOnly
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
            default: self = .unavailable("SQLite says \(error.extendedResultCode): \(error.message ?? "nothing")")
            }
        default: self = .unavailable(String(describing: error))
        }
    }
}

extension SQLiteStore {
    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await fastRead { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name NOT GLOB 'client:*'", after: name, limit)
    }

    public func clients(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name GLOB 'client:*'", after: name, limit)
    }

    private func accounts(
        _ condition: String, after name: String?, _ limit: Int
    ) async throws(StoreError) -> [User] {
        try await read { database in
            try database.values(
                "SELECT name FROM users WHERE \(condition) AND name > ? ORDER BY name LIMIT ?", name ?? "", limit
            ).compactMap { try database.user(named: $0) }
        }
    }
}

extension SQLiteStore {
    public func isRevoked(_ id: String) async throws(StoreError) -> Bool {
        try await fastRead { try $0.isRevoked(id) }
    }

    public func changes(since version: Int, limit: Int) async throws(StoreError) -> Changes {
        try await run(on: reads) { opened in
            try opened.pool.read { try $0.changes(since: version, limit: limit, in: opened.status.identity) }
        }
    }

    public func audit(before number: Int?, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { database in
            try database.rows(
                "SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?", number ?? .max, limit
            ).compactMap { row in
                guard let action = AuditEntry.AuditAction(rawValue: row["action"]) else { return nil }
                let entry = AuditEntry(
                    action, of: row["target"], by: row["actor"], detail: row["detail"], from: row["origin"],
                    at: Date(milliseconds: row["at"]))
                return AuditRecord(number: row["number"], entry: entry)
            }
        }
    }
}
