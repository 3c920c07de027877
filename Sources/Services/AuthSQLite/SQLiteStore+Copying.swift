package import Auth
import Files
public import Foundation
package import GRDB

extension SQLiteStore: CopyableStore {
    package func snapshot<Value: Sendable>(
        _ work: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(work)
    }
}

extension Database: CopyableTransaction {
    /// A file that a newer version has changed is not opened at all.
    package func beginCopy() {}

    package func rows(of table: StoreTable, after last: StoreTable.RowValues?, limit: Int) throws -> [StoreTable
        .RowValues]
    {
        let key = table.key.map(\.name).joined(separator: ", ")
        let places = table.key.map { _ in "?" }.joined(separator: ", ")
        let statement = try cachedStatement(
            sql: """
                SELECT \(table.columns.map(\.name).joined(separator: ", ")) FROM \(table.name)
                \(last == nil ? "" : "WHERE (\(key)) > (\(places))") ORDER BY \(key) LIMIT ?
                """)
        let arguments = (last ?? []).map(\.databaseValue) + [limit.databaseValue]
        return try Row.fetchAll(statement, arguments: StatementArguments(arguments)).map { row in
            row.databaseValues.map(StoreTable.ColumnValue.init)
        }
    }

    package func insert(_ rows: [StoreTable.RowValues], into table: StoreTable) throws {
        let names = table.columns.map(\.name) + table.counters
        let places = table.columns.map { _ in "?" } + table.counters.map { _ in "0" }
        let statement = try cachedStatement(
            sql: """
                INSERT INTO \(table.name) (\(names.joined(separator: ", "))) VALUES (\(places.joined(separator: ", ")))
                """)
        for row in rows { try statement.execute(arguments: StatementArguments(row.map(\.databaseValue))) }
    }

    package func deleteAll(of table: StoreTable) throws { try run("DELETE FROM \(table.name)") }

    /// AUTOINCREMENT goes on after the greatest number by itself.
    package func endCopy() {}
}

extension StoreTable.ColumnValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .text(let text): text.databaseValue
        case .integer(let number): number.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .string(let text): self = .text(text)
        case .int64(let number): self = .integer(number)
        case .blob(let data): self = .bytes([UInt8](data))
        // The tables are STRICT, and have no column for numbers of other kinds.
        case .null, .double: self = .null
        }
    }
}

extension SQLiteStore {
    /// Writes a copy of the store as it is at one instant, in a file that only its owner can use. Others read and write
    /// meanwhile. The file is there once it is whole; until then it is called `FILE.partial`.
    ///
    /// - Throws: the system's reason, `EEXIST` if there is such a file, `EBUSY` if somebody is writing it; ``StoreError``;
    ///   SQLite's reason.
    public func backUp(to copy: URL) async throws {
        let draft = try DraftFile(of: copy)
        // Of one that was killed, and not of this file.
        unlink(draft.url.path + "-journal")
        do {
            try await run(on: writes) { opened in
                try opened.pool.writeWithoutTransaction { try $0.copyAll(to: draft.url) }
            }
            try draft.publish()
        } catch {
            draft.remove()
            throw error
        }
    }

    /// Puts a copy in the place of a store, whether auth runs or not: it uses the copy from its next call on. The copy
    /// belongs to the owner of what it replaces, whoever restores it; a link to the store stays a link.
    ///
    /// - Throws: ``SQLiteFileError`` if the copy is damaged or no store; otherwise the system's or SQLite's reason. The store
    ///   is as it was then.
    public static func restore(_ copy: URL, to link: URL) throws {
        let file = link.resolvingSymlinksInPath()
        let source = StoreFile(copy.path, isBackUp: true)
        try source.verify()
        let draft = file.appendingPathExtension("restored")
        try? FileManager.default.removeItem(at: draft)
        try PrivateFile.createNew(draft)
        do {
            try source.reading { try $0.copyAll(to: draft) }
            try useLog(draft)
            try PrivateFile.give(draft, toOwnerOf: file)
            try PrivateFile.synchronize(draft)
        } catch {
            try? FileManager.default.removeItem(at: draft)
            throw error
        }
        let target = StoreFile(file.path)
        try target.mark.replacing {
            guard rename(draft.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } remove: {
            target.removeLeftovers()
        } putAside: {
            try target.putAside()
        }
        try PrivateFile.give(URL(filePath: target.mark.path), toOwnerOf: file)
        try PrivateFile.synchronize(file.deletingLastPathComponent())
    }

    /// Notes in a new file that it has a write-ahead log (https://sqlite.org/fileformat2.html, 1.3.3). So whoever opens it
    /// first need not change that, and cannot die meanwhile.
    private static func useLog(_ file: URL) throws {
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: 18)
        try handle.write(contentsOf: Data([2, 2]))
        try handle.close()
    }
}

extension Database {
    /// To an empty file, as of one instant.
    fileprivate func copyAll(to file: URL) throws {
        try execute(sql: "VACUUM INTO ?", arguments: [file.path])
    }
}
