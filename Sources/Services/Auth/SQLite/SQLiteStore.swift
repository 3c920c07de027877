import Background
public import Foundation
package import GRDB
import Synchronization

/// A store in a file of its own, for one auth process and the command line beside it.
///
/// Write-ahead log with `synchronous=FULL`: a commit is on the disk when it returns. Threads of its own do the work, so that
/// nothing blocks the caller's, unless that is a worker: writes one after the other, reads beside them. Transactions belong
/// to calls that take their time, and so leave the processors to others; what is asked for every call does not.
public final class SQLiteStore: TransactionalStore {
    private struct State {
        var pool: DatabasePool
        /// Which file the pool has open, whatever happens to its name.
        var file: FileIdentity
        var isClosed = false
    }

    /// How long a call waits for another process that writes.
    private static let patience: TimeInterval = 0.5

    private let path: String
    private let state: Mutex<State>
    private let glances = Workers(1, name: "store glances")
    private let reads = Workers(1, name: "store reads", share: .small)
    private let writes = Workers(1, name: "store writes", share: .small)

    /// Opens the file, and makes it with its directory, for its owner only, where it is missing. It blocks, and belongs to
    /// the start of a process.
    ///
    /// - Throws: ``SQLiteFileError`` where others than its owner can use the file; what the system or SQLite says otherwise.
    public init(_ file: URL) throws {
        path = file.path
        try FileIdentity.make(file)
        let opened = try Self.open(path)
        state = Mutex(State(pool: opened.pool, file: opened.file))
    }

    private static func open(_ path: String) throws -> (pool: DatabasePool, file: FileIdentity) {
        let file = try FileIdentity(ofPrivate: path)
        var configuration = Configuration()
        configuration.label = "auth store"
        configuration.busyMode = .timeout(patience)
        // Whoever glances must not wait for a reader with a small share: there is one for this store's own threads that
        // read, and for each of the workers elsewhere that do so in place.
        configuration.maximumReaderCount = 2 + ProcessLimits.current.processors
        let pool = try DatabasePool(path: path, configuration: configuration)
        // Opening sets it to NORMAL, with which the last commits may be lost when the power fails.
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try migrations.migrate(pool)
        return (pool, file)
    }

    /// The pool of the file that the path names now. Whoever puts another file there, such as a back-up, finds it used from
    /// the next call on; and nothing is written to a file that nobody would find again.
    private func pool() throws -> DatabasePool {
        try state.withLock { state in
            guard !state.isClosed else { throw StoreError.unavailable("It is closed.") }
            guard let found = FileIdentity(of: path) else { throw StoreError.unavailable("The file \(path) is gone.") }
            if found != state.file {
                let opened = try Self.open(path)
                (state.pool, state.file) = (opened.pool, opened.file)
            }
            return state.pool
        }
    }

    package func read<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: reads) { try $0.read(work) }
    }

    /// One statement, which needs no transaction to see one state of the file, and takes no time.
    func glance<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: glances) { try $0.unsafeRead(work) }
    }

    /// One transaction, which holds the write lock from its begin.
    package func write<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await run(on: writes) { try $0.write(work) }
    }

    /// A transaction that is undone where it refuses.
    package func judge<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Result<Value, Refusal> {
        try await run(on: writes) { pool in
            do {
                return .success(try pool.write(work))
            } catch let refusal as Refusal {
                return .failure(refusal)
            }
        }
    }

    /// There and back: GRDB's own `async` methods pass through the shared pool of threads on either way.
    private func run<Value: Sendable>(
        on workers: Workers, _ work: @escaping @Sendable (DatabasePool) throws -> Value
    ) async throws(StoreError) -> Value {
        do {
            return try await workers.run {
                // Whoever has gone while it waited needs no answer.
                try Task.checkCancellation()
                return try work(self.pool())
            }
        } catch {
            throw StoreError(error)
        }
    }

    public func probe() async throws(StoreError) {
        try await write { try $0.run("UPDATE state SET probes = probes + 1") }
    }

    public func prune(at moment: Date) async throws(StoreError) {
        try await write { database in
            let (now, forgotten) = (moment.milliseconds, TokenReference.forgotten(at: moment).milliseconds)
            // Whatever ends a user's access tokens finds them by the refresh tokens beside them.
            try database.run("DELETE FROM refresh_tokens WHERE expires <= ? AND access_expires <= ?", now, forgotten)
            try database.run("DELETE FROM families WHERE name NOT IN (SELECT family FROM refresh_tokens)")
            try database.run("DELETE FROM revocations WHERE expires <= ?", forgotten)
        }
    }

    public func close() async {
        let pool = state.withLock { state in
            state.isClosed = true
            return state.pool
        }
        // It waits for reads and writes that go on; nothing can be done where it fails, and nothing is lost.
        _ = try? await writes.run { try pool.close() }
    }
}

extension StoreError {
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
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

extension Date {
    /// Since 1970.
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
