package import Auth
package import Postgres

extension PostgresStore: CopyableStore {
    package func snapshot<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StoreError) -> Value {
        try await read(.serializable, work)
    }
}

extension PostgresConnection: CopyableTransaction {
    package func beginCopy() throws {
        try run("SELECT set_config('idle_in_transaction_session_timeout', '60s', true)")
        let known = PostgresStore.migrations.map(\.name)
        for row in try run("SELECT name FROM migrations").rows where !known.contains(try row.value("name")) {
            throw StoreError.unusable(
                "It was written by a newer auth, which knows the step “\(try row.value("name", as: String.self))”.")
        }
    }

    package func rows(of table: StoreTable, after last: StoreTable.RowValues?, limit: Int) throws -> [StoreTable
        .RowValues]
    {
        let key = table.key.map(\.postgresName).joined(separator: ", ")
        let places = table.key.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let statement = """
            SELECT \(table.columns.map(\.postgresName).joined(separator: ", ")) FROM \(table.name)
            \(last == nil ? "" : "WHERE (\(key)) > (\(places))") ORDER BY \(key) LIMIT \(limit)
            """
        let parameters = zip(table.key, last ?? []).map { $0.parameter($1) }
        return try run(statement, with: parameters).rows.map { row in
            try table.columns.map { try $0.value(in: row) }
        }
    }

    package func insert(_ rows: [StoreTable.RowValues], into table: StoreTable) throws {
        guard !rows.isEmpty else { return }
        let names = table.columns.map(\.postgresName) + table.counters
        var next = 1
        let tuples = rows.map { row in
            defer { next += row.count }
            let places = row.indices.map { "$\(next + $0)" } + table.counters.map { _ in "0" }
            return "(\(places.joined(separator: ", ")))"
        }
        try run(
            """
            INSERT INTO \(table.name) (\(names.joined(separator: ", "))) OVERRIDING SYSTEM VALUE
            VALUES \(tuples.joined(separator: ", "))
            """, with: rows.flatMap { zip(table.columns, $0).map { $0.parameter($1) } })
    }

    package func deleteAll(of table: StoreTable) throws { try run("DELETE FROM \(table.name)") }

    package func endCopy() throws {
        try run("SELECT setval(pg_get_serial_sequence('audit', 'number'), max(number)) FROM audit HAVING count(*) > 0")
    }
}

extension StoreTable.Column {
    /// `user` is a word of PostgreSQL's own.
    fileprivate var postgresName: String { name == "user" ? "user_name" : name }

    fileprivate func parameter(_ value: StoreTable.ColumnValue) -> any PostgresValue {
        switch value {
        case .null: String?.none
        case .text(let text): text
        case .integer(let number): kind == .flag ? number != 0 : number
        case .bytes(let bytes): bytes
        }
    }

    fileprivate func value(in row: Row) throws(PostgresError) -> StoreTable.ColumnValue {
        switch kind {
        case .text: try row.value(postgresName, as: String?.self).map { .text($0) } ?? .null
        case .integer: try row.value(postgresName, as: Int64?.self).map { .integer($0) } ?? .null
        case .flag: try row.value(postgresName, as: Bool?.self).map { .integer($0 ? 1 : 0) } ?? .null
        case .bytes: try row.value(postgresName, as: [UInt8]?.self).map { .bytes($0) } ?? .null
        }
    }
}
