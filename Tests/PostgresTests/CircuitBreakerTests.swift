import Postgres
import PostgresServer
import Testing
import Waiting

@Suite("While a database is away", .timeLimit(.minutes(2)))
struct CircuitBreakerTests {
    private func timed<Value>(_ work: () async throws -> Value) async throws -> (Value, Duration) {
        let start = ContinuousClock.now
        return (try await work(), start.duration(to: .now))
    }

    private func asks(_ pool: Pool) async throws -> PostgresError? {
        try await failure { try await pool.run { try $0.run("SELECT 1") } }
    }

    private func recovers(_ pool: Pool) async throws {
        try await eventually("it recovers", within: .seconds(5)) { try await asks(pool) == nil }
    }

    @Test("calls fail at once, and succeed within five seconds of its return")
    func restart() async throws {
        try await PostgresServer.open { server in
            try await withPool(server.url()) { pool in
                #expect(try await asks(pool) == nil)
                for end in [server.stop, server.kill] {
                    end()
                    var times: [Duration] = []
                    for _ in 1...20 {
                        let (error, time) = try await timed { try await asks(pool) }
                        #expect(error?.isTransient == true)
                        times.append(time)
                    }
                    // A busy machine may hold up some of them.
                    #expect(times.sorted()[10] < .seconds(1), "\(times)")
                    try await server.start()
                    try await recovers(pool)
                }
            }
        }
    }

    @Test("calls to one that is frozen fail in time, and those that wait beside them at once")
    func frozen() async throws {
        try await PostgresServer.open { server in
            try await withPool(server.url(), { $0.statementTimeout = .milliseconds(200) }) { pool in
                #expect(try await asks(pool) == nil)
                server.freeze()
                let (error, time) = try await timed { try await asks(pool) }
                #expect(error?.isTransient == true && time < .seconds(4))
                let (errors, all) = try await timed {
                    try await withThrowingTaskGroup(of: PostgresError?.self) { group in
                        for _ in 1...100 { group.addTask { try await asks(pool) } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                }
                #expect(errors.allSatisfy { $0?.isTransient == true } && all < .seconds(8))
                server.thaw()
                try await recovers(pool)
            }
        }
    }

    @Test("a transaction that has returned is there after a crash")
    func durable() async throws {
        try await PostgresServer.open { server in
            try await withPool(server.url()) { pool in
                _ = try await pool.run { try $0.run("CREATE TABLE writes (number bigint PRIMARY KEY)") }
                let (waiting, writes) = AsyncStream<Void>.makeStream()
                let crash = Task.detached {
                    for await _ in waiting {}
                    server.kill()
                }
                var acknowledged: [Int] = []
                for number in 1... {
                    do {
                        try await pool.transaction { _ = try $0.run("INSERT INTO writes VALUES ($1)", number) }
                        acknowledged.append(number)
                        if number == 100 { writes.finish() }
                    } catch {
                        break
                    }
                }
                writes.finish()
                await crash.value
                #expect(acknowledged.count >= 100)
                try await server.start()
                try await recovers(pool)
                let found = try await pool.run { connection in
                    try connection.run("SELECT number FROM writes").rows.map { try $0.value("number", as: Int.self) }
                }
                #expect(Set(acknowledged).subtracting(found).isEmpty)
            }
        }
    }
}
