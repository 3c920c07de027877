import Foundation
import Postgres
import PostgresServer
import Testing
import Waiting

@Suite("A pool of connections", .timeLimit(.minutes(2)))
struct PoolTests {
    /// The number of connections that the server has, beside the one that asks.
    private func connections() async throws -> Int {
        try await PostgresServer.shared.administer { connection in
            try connection.run(
                """
                SELECT count(*) AS count FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                """
            ).rows[0].value("count")
        }
    }

    private func noneAreLeft() async throws {
        try await eventually { try await connections() == 0 }
    }

    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test("answers over TCP and over a Unix socket")
    func places() async throws {
        for url in [try await PostgresServer.shared.url(), try await PostgresServer.shared.localURL()] {
            try await withPool(url) { pool in
                let user: String = try await pool.run {
                    try $0.run("SELECT current_user AS name").rows[0].value("name")
                }
                #expect(user == "star")
            }
        }
    }

    @Test("makes no more connections than it may, however many ask")
    func bound() async throws {
        try await withDatabase({ $0.connections = 3 }) { pool in
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 1...60 { group.addTask { _ = try await pool.run { try $0.run("SELECT pg_sleep(0.005)") } } }
            }
            #expect(try await connections() == 3)
        }
        try await noneAreLeft()
    }

    @Test("refuses whoever would have to wait beside too many, at once")
    func full() async throws {
        try await withDatabase({ ($0.connections, $0.waiting) = (1, 4) }) { pool in
            let outcomes = await withTaskGroup(of: PostgresError?.self) { group in
                for _ in 1...12 {
                    group.addTask {
                        do {
                            try await pool.run { _ = try $0.run("SELECT pg_sleep(0.1)") }
                            return nil
                        } catch {
                            return error as? PostgresError
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let refused = outcomes.compactMap(\.self)
            #expect((7...8).contains(refused.count) && refused.allSatisfy { $0 == .full && $0.isTransient })
        }
    }

    @Test("releases a call that is cancelled while it waits")
    func cancelled() async throws {
        try await withDatabase({ $0.connections = 1 }) { pool in
            let runs = Counter()
            try await PostgresServer.holding("SELECT 1", of: pool) {
                let waiting = Task { try await pool.run { _ in runs.count() } }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
            }
            _ = try await pool.run { try $0.run("SELECT 1") }
            #expect(runs.value == 0)
        }
    }

    @Test("ends a statement that takes too long, and goes on")
    func timeout() async throws {
        try await withDatabase({ ($0.connections, $0.statementTimeout) = (1, .milliseconds(100)) }) { pool in
            let start = ContinuousClock.now
            let error = try await failure { try await pool.transaction { try $0.run("SELECT pg_sleep(30)") } }
            #expect(error?.state == .queryCanceled && error?.isTransient == true)
            #expect(start.duration(to: .now) < .seconds(5))
            _ = try await pool.run { try $0.run("SELECT 1") }
        }
    }

    @Test("ends a statement that waits too long for a lock")
    func lock() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        try await withPool(url, { $0.lockTimeout = .milliseconds(100) }) { pool in
            _ = try await pool.run { try $0.run("CREATE TABLE things (name text)") }
            try await PostgresServer.holding("LOCK TABLE things", in: url) {
                let error = try await failure { try await pool.transaction { try $0.run("SELECT FROM things") } }
                #expect(error?.state == .lockNotAvailable && error?.isTransient == true)
            }
        }
    }

    @Test("lets whoever waits go when it is closed, and takes nobody in")
    func closed() async throws {
        let pool = Pool(try ConnectionURL(await PostgresServer.shared.url()))
        _ = try await pool.run { try $0.run("SELECT 1") }
        await pool.close()
        await pool.close()
        #expect(try await failure { try await pool.run { try $0.run("SELECT 1") } } == .closed)
        try await noneAreLeft()
    }

    @Test("leaves neither connections nor descriptors, whether it is closed or dropped")
    func leaks() async throws {
        let url = try await PostgresServer.shared.url()
        try await withPool(url) { _ = try await $0.run { try $0.run("SELECT 1") } }
        try await noneAreLeft()
        let before = try descriptors()
        for round in 1...30 {
            let pool = Pool(try ConnectionURL(url))
            _ = try? await pool.run { try $0.run(round.isMultiple(of: 3) ? "NONSENSE" : "SELECT 1") }
            if round.isMultiple(of: 2) { await pool.close() }
        }
        try await noneAreLeft()
        try await eventually { try descriptors() <= before }
    }

    @Test("makes connections anew that the server has ended, and leaks none of them")
    func reconnects() async throws {
        try await withDatabase({ $0.connections = 1 }) { pool in
            _ = try await pool.run { try $0.run("SELECT 1") }
            let before = try descriptors()
            for _ in 1...20 {
                // A connection that ends itself in the middle of a statement.
                let error = try await failure {
                    try await pool.run { try $0.run("SELECT pg_terminate_backend(pg_backend_pid())") }
                }
                #expect(error?.isTransient == true)
                // One that was ended while it was idle is not noticed by whoever comes next.
                try await endIdle(pool)
                _ = try await pool.run { try $0.run("SELECT 1") }
                try await endIdle(pool)
                try await pool.transaction { _ = try $0.run("SELECT 1") }
            }
            #expect(try descriptors() <= before)
        }
    }

    @Test("names the reason of a lost connection in one line")
    func oneLine() async throws {
        try await withDatabase { pool in
            let error = try await failure {
                try await pool.run { try $0.run("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            let reason = try #require(error).description
            #expect(reason.contains("terminat") && !reason.contains { $0.isNewline || $0 == "\t" }, "\(reason)")
        }
    }

    private func endIdle(_ pool: Pool) async throws {
        let process: Int = try await pool.run { try $0.run("SELECT pg_backend_pid() AS pid").rows[0].value("pid") }
        _ = try await PostgresServer.shared.administer {
            try $0.run("SELECT pg_terminate_backend($1::int, 5000)", process)
        }
    }

    @Test("works with the connections that it gets, where the server grants fewer than it may have")
    func few() async throws {
        let server = try await PostgresServer.shared
        let role = "r" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await server.administer { try $0.run("CREATE ROLE \(role) LOGIN PASSWORD 'few' CONNECTION LIMIT 2") }
        try await withPool("postgres://\(role):few@127.0.0.1:\(server.port)/postgres") { pool in
            try await withThrowingDiscardingTaskGroup { group in
                for number in 1...60 {
                    let turn = number.isMultiple(of: 2) ? TurnKind.exclusive : .shared
                    group.addTask {
                        try await pool.transaction(.readCommitted, turn: turn) { connection in
                            _ = try connection.run("SELECT pg_sleep(0.005)")
                        }
                    }
                }
            }
            #expect(try await connections() == 2)
        }
        try await noneAreLeft()
    }

    @Test("runs an exclusive transaction beside no other of its kind, and beside shared ones")
    func exclusive() async throws {
        try await withDatabase { pool in
            let (running, most) = (Counter(), Counter())
            try await PostgresServer.holding("SELECT 1", of: pool) {
                try await withThrowingDiscardingTaskGroup { group in
                    for _ in 1...20 {
                        group.addTask {
                            try await pool.transaction(.readCommitted, turn: .exclusive) { connection in
                                running.count()
                                try connection.run("SELECT pg_sleep(0.002)")
                                if running.value > most.value + 1 { Issue.record("two were alone") }
                                most.count()
                            }
                        }
                    }
                }
            }
            #expect(running.value == 20)
        }
    }

    @Test("leaves a server that only reads, after its first no, and looks for another under the same address")
    func readOnly() async throws {
        try await withDatabase({ $0.connections = 1 }) { pool in
            _ = try await pool.run { try $0.run("CREATE TABLE things ()") }
            _ = try await pool.run { try $0.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY") }
            let insert: @Sendable (PostgresConnection) throws -> Void = {
                try $0.run("INSERT INTO things DEFAULT VALUES")
            }
            let error = try await failure { try await pool.transaction { try insert($0) } }
            #expect(error?.state == .readOnlyTransaction)
            try await pool.transaction { try insert($0) }
        }
    }

    @Test("replaces a connection that has become old")
    func age() async throws {
        func process(_ pool: Pool) async throws -> Int {
            try await pool.run { try $0.run("SELECT pg_backend_pid() AS pid").rows[0].value("pid") }
        }
        try await withDatabase({ ($0.connections, $0.maxAge) = (1, .zero) }) { pool in
            let (one, other) = (try await process(pool), try await process(pool))
            #expect(one != other)
        }
        try await withDatabase({ $0.connections = 1 }) { pool in
            let (one, other) = (try await process(pool), try await process(pool))
            #expect(one == other)
        }
    }

    @Test("does not connect with a wrong password, to a database that is not there, or where nothing listens")
    func refused() async throws {
        let server = try await PostgresServer.shared
        let before = try descriptors()
        for (url, state) in [
            (server.url().replacing("battery", with: "wrong"), "28P01"), (server.url("nothing"), "3D000"),
            (server.url(port: 1), nil), ("postgres://star@/postgres?host=/nowhere", nil),
        ] {
            try await withPool(url) { pool in
                for _ in 1...5 {
                    let error = try await failure { try await pool.run { try $0.run("SELECT 1") } }
                    #expect(error?.state?.code == state && error?.isPermanent == (state != nil))
                    #expect(error?.description.contains("wrong") == false)
                }
            }
        }
        #expect(try descriptors() <= before)
    }
}
