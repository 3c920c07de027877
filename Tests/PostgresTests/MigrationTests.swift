import Postgres
import PostgresServer
import Testing

@Suite("Steps of a schema", .timeLimit(.minutes(2)))
struct MigrationTests {
    private static let first = Migration("1", ["CREATE TABLE things (name text PRIMARY KEY)"])
    private static let second = Migration("2", ["INSERT INTO things VALUES ('a')", "INSERT INTO things VALUES ('b')"])

    private func count(_ pool: Pool) async throws -> Int {
        try await pool.run { try $0.run("SELECT count(*) AS count FROM things").rows[0].value("count") }
    }

    @Test("are taken once, in order, and new ones when they come")
    func order() async throws {
        try await withDatabase { pool in
            try await pool.migrate([Self.first])
            #expect(try await count(pool) == 0)
            for _ in 1...2 { try await pool.migrate([Self.first, Self.second]) }
            #expect(try await count(pool) == 2)
        }
    }

    @Test("are taken once by many that start at the same time")
    func race() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 1...6 {
                group.addTask {
                    try await withPool(url, { $0.connections = 1 }) { try await $0.migrate([Self.first, Self.second]) }
                }
            }
        }
        try await withPool(url) { pool in
            let count = try await count(pool)
            #expect(count == 2)
        }
    }

    @Test("are not begun in a database that has taken none, if that is not wanted")
    func uncreated() async throws {
        try await withDatabase({ $0.schema = "place" }) { pool in
            #expect(try await failure { try await pool.migrate([Self.first], isCreating: false) } == .notMigrated)
            try await pool.migrate([Self.first])
            try await pool.migrate([Self.first, Self.second], isCreating: false)
            let count = try await pool.transaction { try $0.run("SELECT FROM things").rows.count }
            #expect(count == 2)
        }
    }

    @Test("that this version does not know are refused, and nothing is changed")
    func unknown() async throws {
        try await withDatabase { pool in
            try await pool.migrate([Self.first, Self.second])
            let error = try await failure { try await pool.migrate([Self.first]) }
            #expect(error == .migratedFurther(step: "2", known: "1"))
        }
    }

    @Test("are all taken or none")
    func failed() async throws {
        try await withDatabase { pool in
            let error = try await failure { try await pool.migrate([Self.first, Migration("2", ["NONSENSE"])]) }
            #expect(error?.state == SQLState("42601"))
            try await pool.migrate([Self.first, Self.second])
            #expect(try await count(pool) == 2)
        }
    }
}
