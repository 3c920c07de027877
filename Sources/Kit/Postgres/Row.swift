/// A row of an answer.
public struct Row: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// The value of a column, as the type that is asked for.
    ///
    /// - Throws: ``PostgresError/column(_:)`` if there is no such column, or it holds something else; NULL is a value
    /// of   optional types only.
    public func callAsFunction<Value: PostgresValue>(
        _ column: String, as _: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = columns[column], let value = Value(postgresText: values[index]) else { throw .column(column) }
        return value
    }
}

/// The answer to a statement.
public struct QueryResult: Sendable {
    public let rows: [Row]
    /// The number of rows that it has inserted, changed, deleted or found.
    public let affected: Int
    /// The statement's kind, in a word or two, such as `INSERT 0 1`.
    let tag: String

    /// The first row, of a statement that always has one.
    ///
    /// - Throws: ``PostgresError/noRow`` if a table lacks the row that belongs to it.
    public func row() throws(PostgresError) -> Row {
        guard let first = rows.first else { throw .noRow }
        return first
    }
}
