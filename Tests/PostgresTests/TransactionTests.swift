import Postgres
import Testing

@Suite("Transactions", .timeLimit(.minutes(2)))
struct TransactionTests {
    private struct Changed: Error {}

    private func withAccounts(_ test: (Pool) async throws -> Void) async throws {
        try await withDatabase({ $0.attempts = 50 }) { pool in
            try await pool.run { connection in
                try connection.run("CREATE TABLE accounts (name text PRIMARY KEY, amount bigint NOT NULL)")
                try connection.run("INSERT INTO accounts VALUES ('ada', 100), ('bob', 100)")
            }
            try await test(pool)
        }
    }

    private func sum(_ pool: Pool) async throws -> Int {
        try await pool.run { try $0.run("SELECT sum(amount)::bigint AS sum FROM accounts").rows[0].value("sum") }
    }

    @Test("are there for everybody once they have returned, and not at all when the body throws")
    func commit() async throws {
        try await withAccounts { pool in
            try await pool.transaction { _ = try $0.run("UPDATE accounts SET amount = amount + 1") }
            #expect(try await sum(pool) == 202)
            await #expect(throws: Changed.self) {
                try await pool.transaction { connection in
                    try connection.run("UPDATE accounts SET amount = 0")
                    throw Changed()
                }
            }
            #expect(try await sum(pool) == 202)
        }
    }

    @Test("are not begun if their condition finds nothing")
    func condition() async throws {
        try await withAccounts { pool in
            for (name, isMet) in [("ada", true), ("eve", false), ("bob", true)] {
                let condition = "SELECT FROM accounts WHERE name = '\(name)'"
                let error = try await failure {
                    try await pool.transaction(condition: condition) { connection in
                        _ = try connection.run("UPDATE accounts SET amount = amount + 1")
                    }
                }
                #expect(error == (isMet ? nil : .noRow))
            }
            #expect(try await sum(pool) == 204)
        }
    }

    @Test("that keep a statement's failure to themselves do not seem to have succeeded")
    func swallowed() async throws {
        try await withAccounts { pool in
            let error = try await failure {
                try await pool.transaction { connection in
                    try connection.run("UPDATE accounts SET amount = 0")
                    _ = try? connection.run("INSERT INTO accounts VALUES ('ada', 1)")
                }
            }
            #expect(error?.state == SQLState("25P02"))
            #expect(try await sum(pool) == 200)
        }
    }

    @Test("that break a rule say which")
    func violation() async throws {
        try await withAccounts { pool in
            let error = try await failure {
                try await pool.transaction { try $0.run("INSERT INTO accounts VALUES ('ada', 1)") }
            }
            #expect(error?.state == .uniqueViolation && error?.isTransient == false)
        }
    }

    @Test("that stand in each other's way are run again, until each has had its turn")
    func conflicts() async throws {
        try await withAccounts { pool in
            let runs = Counter()
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 1...40 {
                    group.addTask {
                        try await pool.transaction { connection in
                            runs.count()
                            let sum: Int = try connection.run("SELECT sum(amount)::bigint AS sum FROM accounts")
                                .rows[0].value("sum")
                            try connection.run("UPDATE accounts SET amount = amount + $1 - 199 WHERE name = 'ada'", sum)
                            try connection.run("UPDATE accounts SET amount = amount - $1 + 200 WHERE name = 'bob'", sum)
                        }
                    }
                }
            }
            #expect(try await sum(pool) == 240)
            #expect(runs.value > 40)
        }
    }

    @Test("that wait for each other in a circle are run again too")
    func deadlock() async throws {
        try await withAccounts { pool in
            let haveMet = Counter()
            try await withThrowingDiscardingTaskGroup { group in
                for order in [["ada", "bob"], ["bob", "ada"]] {
                    group.addTask {
                        try await pool.transaction(.readCommitted) { connection in
                            let add = "UPDATE accounts SET amount = amount + 1 WHERE name = $1"
                            try connection.run(add, order[0])
                            haveMet.count()
                            let end = ContinuousClock.now + .seconds(20)
                            while haveMet.value < 2, .now < end { try connection.run("SELECT 1") }
                            try connection.run(add, order[1])
                        }
                    }
                }
            }
            #expect(try await sum(pool) == 204)
            #expect(haveMet.value == 3)
        }
    }

    @Test("read and write as they should, whatever was set for the role, and leave its settings alone")
    func settings() async throws {
        let names = [
            "bytea_output", "DateStyle", "IntervalStyle", "TimeZone", "synchronous_commit", "statement_timeout",
        ]
        let role = ["escape", "SQL, DMY", "iso_8601", "Asia/Tokyo", "off", "0"]
        try await withDatabase({ $0.connections = 1 }) { pool in
            let read: @Sendable (PostgresConnection) throws -> [String] = { connection in
                try names.map { try connection.run("SELECT current_setting($1) AS it", $0).row().value("it") }
            }
            try await pool.run { connection in
                for (name, value) in zip(names, role) {
                    try connection.run("SELECT set_config($1, $2, false)", name, value)
                }
            }
            let within = try await pool.transaction { try read($0) }
            #expect(within == ["hex", "ISO, DMY", "postgres", "UTC", "on", "2s"])
            let after = try await pool.run(read)
            #expect(after == role)
        }
    }

    @Test("a connection in which a transaction was left open is not lent to the next")
    func leftOpen() async throws {
        try await withDatabase({ $0.connections = 1 }) { pool in
            try await pool.run { connection in
                try connection.run("BEGIN")
                try connection.run("CREATE TABLE left_open ()")
            }
            let error = try await failure { try await pool.run { try $0.run("SELECT FROM left_open") } }
            #expect(error?.state == .undefinedTable)
        }
    }
}
