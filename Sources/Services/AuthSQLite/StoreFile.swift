import Auth
import Contracts
import Files
import Foundation
import GRDB
import Logging
import RPC

/// The file of a store cannot be used, and the start stops.
public struct SQLiteFileError: Error, Equatable, CustomStringConvertible {
    /// A sentence that names the file.
    public let description: String
}

/// The file of a store, and what is done with it before it is used: nothing is written to a file that is not a store's,
/// or is damaged.
struct StoreFile: Sendable {
    private static let logger = Logger(label: "auth.store", service: AuthContract.name)

    let path: String
    let mark: LogMark
    /// True if the file is to be put in a store's place, and not used as it is.
    private let isBackUp: Bool

    init(_ path: String, isBackUp: Bool = false) {
        self.path = path
        self.isBackUp = isBackUp
        mark = LogMark(of: path)
    }

    private static let backUpHelp = "Name one that star store backup or SQLite's .backup has written."

    var log: String { path + "-wal" }
    private var index: String { path + "-shm" }
    private var journal: String { path + "-journal" }
    var isLogEmpty: Bool { isEmpty(log) }

    private func isEmpty(_ path: String) -> Bool { FileStatus(of: path).map { $0.size == 0 } ?? true }

    /// Removes all permissions of group and others on the store's files.
    ///
    /// - Throws: ``StoreError/unusable(_:)``
    func restrictToOwner() throws(StoreError) {
        try OwnFiles.restrictToOwner([path, log, index, journal, mark.path])
    }

    /// - Throws: ``SQLiteFileError`` if there is no file, or it cannot be found.
    func status() throws(SQLiteFileError) -> FileStatus {
        guard let status = FileStatus(of: path) else {
            throw SQLiteFileError(
                description: "The file \(path) cannot be looked at: \(String(cString: strerror(errno))).")
        }
        return status
    }

    /// Puts away a log and a journal that were left by the file that had this place before.
    ///
    /// - Throws: ``SQLiteFileError`` if only a person can find out whether they belong to the file.
    func settleLeftovers(_ status: FileStatus) throws {
        try mark.check(status) { verdict in
            switch verdict {
            case .isOfAnotherFile: try putAside()
            case .wasWrittenOver where !isEmpty(log) || !isEmpty(journal):
                throw SQLiteFileError(description: writtenOver)
            case .belongs, .wasWrittenOver: break
            }
        }
    }

    /// For a person.
    var writtenOver: String {
        """
        Something else than auth has written to \(path), and the log beside it, \(isEmpty(log) ? journal : log), may not \
        belong to it. If a program that uses SQLite has written to the store or brought the log into it, nothing is lost: \
        stop auth, remove \(mark.path) and start auth. If a file was copied over the store, use star store restore FILE, \
        while auth runs or not.
        """
    }

    /// Removes what is left beside the file: it belonged to one that is gone, into which it cannot be brought, or is empty.
    func removeLeftovers() {
        for leftover in [log, journal, index] { unlink(leftover) }
    }

    /// Keeps what the file that had this place before has left under other names; the index is made anew from a log.
    func putAside() throws(SQLiteFileError) {
        for leftover in [log, journal] where !isEmpty(leftover) {
            let aside = leftover + ".aside"
            guard rename(leftover, aside) == 0 else {
                throw SQLiteFileError(
                    description: "\(leftover) cannot be put away: \(String(cString: strerror(errno))).")
            }
            Self.logger.warning(
                "A log of another file was put away", metadata: ["store": "\(path)", "log": "\(aside)"])
        }
        removeLeftovers()
    }

    /// Inspects the file without writing anything, but for a write that was not finished: SQLite undoes it.
    ///
    /// - Parameters:
    ///   - mayBeNew: true if an empty file is fine, too.
    ///   - isWhole: true if all of the file is read, and not its tables' names only.
    /// - Throws: ``SQLiteFileError`` if the file holds no store, or is damaged.
    func inspect(mayBeNew: Bool, isWhole: Bool) throws {
        try undoUnfinishedWrite()
        let needsIndex = FileStatus(of: log) != nil && FileStatus(of: index) == nil
        do {
            try inspectTables(mayBeNew: mayBeNew)
            if isWhole, let damage = try reading({ try $0.damage() }) { throw damaged(damage) }
        } catch let error as SQLiteFileError {
            // SQLite has made it to read the log.
            if needsIndex { unlink(index) }
            throw error
        }
    }

    private func inspectTables(mayBeNew: Bool) throws {
        let (tables, steps) = try reading { database -> ([String], [String]) in
            let tables: [String] = try database.values(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
            guard tables.contains("grdb_migrations") else { return (tables, []) }
            return (tables, try database.values("SELECT identifier FROM grdb_migrations"))
        }
        if let unknown = steps.first(where: { !SQLiteStore.migrations.migrations.contains($0) }) {
            throw SQLiteFileError(
                description: "The file \(path) was written by a newer auth, which knows the step “\(unknown)”.")
        }
        guard !steps.contains(SQLiteStore.firstMigration) else { return }
        // The table is made before the first step, and all there is if the first start was interrupted.
        if let table = tables.first, tables != ["grdb_migrations"] || !steps.isEmpty {
            throw refusal(
                "The file \(path) is not auth's: it holds the table “\(table)”.", "Name another in AUTH_DATABASE.")
        }
        guard mayBeNew else { throw refusal("The file \(path) holds no store.") }
    }

    /// Reads the whole of the file.
    ///
    /// - Throws: ``SQLiteFileError`` if it is damaged, cannot be read, or is no back-up of a store.
    func verify() throws {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw refusal("The file \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw refusal("\(path) is a directory.")
        default: throw refusal("\(path) is no file.")
        }
        try inspect(mayBeNew: false, isWhole: true)
    }

    func damaged(_ reason: String) -> SQLiteFileError {
        refusal("The file \(path) is damaged: \(reason).", "Put a back-up in its place: star store restore FILE")
    }

    /// - Parameter help: what helps if the file is to be used as it is.
    private func refusal(_ sentence: String, _ help: String? = nil) -> SQLiteFileError {
        let help = isBackUp ? Self.backUpHelp : help
        return SQLiteFileError(description: [sentence, help].compactMap(\.self).joined(separator: " "))
    }

    /// A process that has died while it wrote has left a journal, without which the file cannot be read. Whoever opens the
    /// file to write undoes that.
    private func undoUnfinishedWrite() throws {
        guard let size = FileStatus(of: journal)?.size, size > 0 else { return }
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        do {
            try DatabaseQueue(path: path, configuration: configuration).close()
        } catch let error as DatabaseError where error.isDamage {
            throw damaged(error.message ?? "it is no database")
        }
    }

    /// Reads, and leaves everything as it was.
    func reading<Value>(_ work: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        // SQLite makes log and index for a connection that only reads, too. One that may write removes them again, unless another
        // process uses them; but what is in a log it would bring into the file.
        configuration.readonly = FileStatus(of: log) != nil
        configuration.busyMode = .timeout(1)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.unsafeRead(work)
        } catch let error as DatabaseError where error.isDamage {
            throw damaged(error.message ?? "it is no database")
        }
    }
}

extension DatabaseError {
    /// True if the file is damaged, or no database.
    var isDamage: Bool { resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB }

    /// True if the file may be used later as it is: another process holds it, or the machine has no room, memory or
    /// descriptor left, or fails to read or write.
    var isTransient: Bool {
        switch resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_IOERR, .SQLITE_CANTOPEN,
            .SQLITE_READONLY:
            true
        default: false
        }
    }
}

extension Database {
    /// Compares the pages of the file with each other, all of them.
    ///
    /// - Returns: the first fault.
    func damage() throws -> String? {
        let found: String = try one("PRAGMA quick_check(1)")
        return found == "ok" ? nil : found
    }
}
