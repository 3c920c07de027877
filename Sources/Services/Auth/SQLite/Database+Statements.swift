import GRDB

// Statements that are compiled once a connection.
extension Database {
    func run(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws {
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
    }

    func rows(_ sql: String, _ arguments: (any DatabaseValueConvertible)?...) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    /// The first column of the first row.
    func value<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> Value? {
        try Value.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }

    /// The first column of the row that a statement always has.
    ///
    /// - Throws: `DatabaseError` if a table lacks a row that belongs to it, as after damage.
    func one<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> Value {
        guard let value = try Value.fetchOne(cachedStatement(sql: sql), arguments: StatementArguments(arguments)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row is missing", sql: sql)
        }
        return value
    }

    /// The first column of every row.
    func values<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> [Value] {
        try Value.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}
