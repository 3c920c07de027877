internal import CPostgres

/// A row of an answer.
public struct Row: Sendable {
    let columns: [String: Int]
    let values: [String?]

    /// The value of a column, as the type that is asked for.
    ///
    /// - Throws: ``PostgresError/column(_:)`` if there is no such column, or it holds something else; NULL is a value
    /// of optional types only.
    public func value<Value: PostgresValue>(
        _ column: String, as _: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let index = columns[column], let value = Value(postgresText: values[index]) else { throw .column(column) }
        return value
    }
}

/// The answer to a statement.
public struct QueryResult: Sendable {
    /// The rows, in the order of the query.
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

extension QueryResult {
    /// Copies what libpq holds; the result stays its owner's.
    init(_ result: OpaquePointer) {
        let names = (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
        let columns = Dictionary(zip(names, 0...)) { first, _ in first }
        rows = (0..<PQntuples(result)).map { row in
            Row(columns: columns, values: (0..<PQnfields(result)).map { Self.value(result, row, $0) })
        }
        affected = Int(String(cString: PQcmdTuples(result))) ?? 0
        tag = String(cString: PQcmdStatus(result))
    }

    private static func value(_ result: OpaquePointer, _ row: Int32, _ column: Int32) -> String? {
        guard PQgetisnull(result, row, column) == 0, let bytes = PQgetvalue(result, row, column) else { return nil }
        let length = Int(PQgetlength(result, row, column))
        return bytes.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }
}

extension PostgresError {
    /// The error of a result; `nil` if it is a success.
    init?(_ result: OpaquePointer) {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return nil
        default:
            let message = PQresultErrorField(result, primaryMessage).map { String(cString: $0) }
            guard let state = PQresultErrorField(result, sqlState) else {
                self = .disconnected(message ?? String(lines: PQresultErrorMessage(result)))
                return
            }
            self = .refused(SQLState(String(cString: state)), message ?? "")
        }
    }
}

// PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY of postgres_ext.h: characters, which Swift does not import as numbers.
private let sqlState = Int32(UInt8(ascii: "C"))
private let primaryMessage = Int32(UInt8(ascii: "M"))

extension String {
    /// A message of libpq, which may have several lines and tabs, as one line of a log.
    init(lines: UnsafePointer<CChar>) {
        self = String(cString: lines).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
