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

    /// The first column of every row.
    func values<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: (any DatabaseValueConvertible)?...
    ) throws -> [Value] {
        try Value.fetchAll(cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}
