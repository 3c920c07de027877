import Foundation

extension Worker {
    /// See ``Pool/transaction(_:_:)``.
    func transaction<Value>(_ isolation: Isolation, _ body: (Connection) throws -> Value) throws -> Value {
        var attempt = 1
        while true {
            do {
                return try once(isolation, body)
            } catch let error as PostgresError where error.state?.isRetryable == true && attempt < settings.attempts {
                // Those that stood in each other's way come back at different times.
                Thread.sleep(forTimeInterval: .random(in: 0...0.005) * Double(attempt))
                attempt += 1
            }
        }
    }

    private func once<Value>(_ isolation: Isolation, _ body: (Connection) throws -> Value) throws -> Value {
        let connection = try begin(isolation)
        let value: Value
        do {
            value = try body(connection)
        } catch {
            // Where that fails, the connection is closed, and the server rolls back.
            do throws(PostgresError) { try connection.run("ROLLBACK") } catch { connection.close() }
            throw error
        }
        try commit(connection)
        return value
    }

    /// A connection that the server has closed meanwhile is no reason to fail: nothing was done in it yet.
    private func begin(_ isolation: Isolation) throws(PostgresError) -> Connection {
        let statement = "BEGIN ISOLATION LEVEL \(isolation.rawValue)"
        let connection = try connected()
        do throws(PostgresError) {
            try connection.run(statement)
            return connection
        } catch {
            guard error != .timedOut, !connection.isAlive else { throw error }
        }
        let fresh = try connected()
        try fresh.run(statement)
        return fresh
    }

    private func commit(_ connection: Connection) throws(PostgresError) {
        let answer: Answer
        do throws(PostgresError) {
            answer = try connection.run("COMMIT")
        } catch {
            throw error.isLoss ? .outcomeUnknown : error
        }
        // Where a statement has failed and the body kept it to itself, COMMIT means ROLLBACK.
        guard answer.tag == "COMMIT" else { throw .refused(.inFailedTransaction, "A statement had failed before.") }
    }
}

extension PostgresError {
    /// Whether the server may have gone on without us.
    fileprivate var isLoss: Bool {
        switch self {
        case .disconnected, .timedOut: true
        case .refused(let state, _): state.code.hasPrefix("57")
        case .address, .outcomeUnknown, .full, .closed, .column: false
        }
    }
}
