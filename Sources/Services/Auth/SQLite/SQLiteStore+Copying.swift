import Foundation
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

    package func rows(of table: StoreTable, after last: StoreTable.Row?, limit: Int) throws -> [StoreTable.Row] {
        let key = table.key.map(\.name).joined(separator: ", ")
        let places = table.key.map { _ in "?" }.joined(separator: ", ")
        let statement = try cachedStatement(
            sql: """
                SELECT \(table.columns.map(\.name).joined(separator: ", ")) FROM \(table.name)
                \(last == nil ? "" : "WHERE (\(key)) > (\(places))") ORDER BY \(key) LIMIT ?
                """)
        let arguments = (last ?? []).map(\.databaseValue) + [limit.databaseValue]
        return try Row.fetchAll(statement, arguments: StatementArguments(arguments)).map { row in
            row.databaseValues.map(StoreTable.Value.init)
        }
    }

    package func insert(_ rows: [StoreTable.Row], into table: StoreTable) throws {
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

extension StoreTable.Value {
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
