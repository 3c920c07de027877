import Postgres
import Testing

@Suite("Values in a database", .timeLimit(.minutes(2)))
struct ValueTests {
    @Test(
        "are what they were, whatever they say",
        arguments: [
            "", "ada", "O'Brien", "'; DROP TABLE users; --", "\\x00", "$1", "NULL", "žluťoučký 🦄", "a\tb\nc\"d",
        ])
    func text(_ text: String) async throws {
        try await withDatabase { pool in
            let found: String = try await pool.run { try $0.run("SELECT $1::text AS it", text).rows[0].value("it") }
            #expect(found == text)
        }
    }

    @Test("have their type, and NULL is an optional")
    func types() async throws {
        try await withDatabase { pool in
            try await pool.run { connection in
                let row = try connection.run(
                    """
                    SELECT $1::bigint AS number, $2::boolean AS yes, $3::boolean AS no, $4::double precision AS half,
                        $5::bytea AS bytes, $6::text AS nothing
                    """, Int.min, true, false, 0.5, [UInt8](0...255), String?.none
                ).rows[0]
                #expect(try row.value("number") == Int.min)
                #expect(try row.value("yes") == true)
                #expect(try row.value("no") == false)
                #expect(try row.value("half") == 0.5)
                #expect(try row.value("bytes") == [UInt8](0...255))
                #expect(try row.value("nothing") == String?.none)
                #expect(try row.value("number") == Int?.some(.min))
            }
        }
    }

    @Test("of another type, of no column, and NULL where a value is asked for are errors that name the column")
    func mismatches() async throws {
        try await withDatabase { pool in
            try await pool.run { connection in
                let row = try connection.run("SELECT 'x' AS word, NULL AS nothing").rows[0]
                #expect(throws: PostgresError.column("word")) { _ = try row.value("word", as: Int.self) }
                #expect(throws: PostgresError.column("word")) { _ = try row.value("word", as: [UInt8].self) }
                #expect(throws: PostgresError.column("word")) { _ = try row.value("word", as: Bool?.self) }
                #expect(throws: PostgresError.column("nothing")) { _ = try row.value("nothing", as: String.self) }
                #expect(throws: PostgresError.column("other")) { _ = try row.value("other", as: String?.self) }
            }
        }
    }

    @Test("with a NUL are refused before they are cut short")
    func nul() async throws {
        try await withDatabase { pool in
            let error = try await failure { try await pool.run { try $0.run("SELECT $1::text", "a\u{0}b") } }
            #expect(error?.state == .characterNotInRepertoire)
        }
    }

    @Test("cannot smuggle in a second statement")
    func statements() async throws {
        try await withDatabase { pool in
            let error = try await failure { try await pool.run { try $0.run("SELECT 1; SELECT 2") } }
            #expect(error?.state == SQLState("42601"))
        }
    }
}
