extension Connection {
    /// Begins a transaction in which all that reading and durability depend on is set, for itself alone: so it holds
    /// whatever the server's or the role's own settings are, and beyond a pooler that gives each transaction another
    /// connection.
    func begin(_ isolation: Isolation, _ settings: PoolSettings) throws(PostgresError) {
        statementTimeout = settings.statementTimeout
        var values = [
            ("statement_timeout", settings.statementTimeout.text), ("lock_timeout", settings.lockTimeout.text),
            ("idle_in_transaction_session_timeout", settings.statementTimeout.text), ("bytea_output", "hex"),
            ("DateStyle", "ISO"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "1"),
            ("standard_conforming_strings", "on"),
        ]
        // Temporary tables, which another client of a pooler may have left, come last.
        if let schema = settings.schema { values.append(("search_path", "\(schema), pg_temp")) }
        let calls = values.map { "set_config('\($0)', '\($1)', true)" }.joined(separator: ", ")
        try script(
            """
            BEGIN ISOLATION LEVEL \(isolation.rawValue);
            SELECT \(calls),
                CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
            """)
    }

    func commit() throws(PostgresError) {
        let answer: QueryResult
        do throws(PostgresError) {
            answer = try run("COMMIT")
        } catch {
            throw error.isLoss ? .outcomeUnknown : error
        }
        // If a statement has failed and the body kept it to itself, COMMIT means ROLLBACK.
        guard answer.tag == "COMMIT" else { throw .refused(.inFailedTransaction, "A statement had failed before.") }
    }
}

extension PostgresError {
    /// True if the server may have gone on without us.
    fileprivate var isLoss: Bool {
        switch self {
        case .disconnected, .timedOut: true
        case .refused(let state, _): state.code.hasPrefix("57")
        case .address, .outcomeUnknown, .full, .closed, .column, .noRow: false
        }
    }
}
