/// A row of an answer.
public struct Row: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// What a column holds, as the type that is asked for.
    ///
    /// - Throws: ``PostgresError/column(_:)`` where there is no such column, or it holds something else; NULL is
    ///   nothing but an optional.
    public func callAsFunction<Value: PostgresValue>(
        _ column: String, as _: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = columns[column], let value = Value(postgresText: values[index]) else { throw .column(column) }
        return value
    }
}

/// What a statement has answered.
public struct Answer: Sendable {
    public let rows: [Row]
    /// How many rows it has inserted, changed, deleted or found.
    public let affected: Int
    /// What was done, in a word or two, such as `INSERT 0 1`.
    let tag: String
}
