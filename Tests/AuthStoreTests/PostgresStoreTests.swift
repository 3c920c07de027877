import Auth
import AuthPostgres
import Foundation
import Postgres
import PostgresServer
import Testing
import Waiting

@Suite("A store in PostgreSQL that two auths share", .timeLimit(.minutes(2)))
struct PostgresStoreTests {
    private func withTwo(_ test: (PostgresStore, PostgresStore) async throws -> Void) async throws {
        let address = try ConnectionURL(await PostgresServer.shared.makeDatabase())
        let (one, other) = (PostgresStore(address), PostgresStore(address))
        try await test(one, other)
        await one.close()
        await other.close()
    }

    /// Does the same through both at once.
    private func race<Outcome: Sendable>(
        _ one: PostgresStore, _ other: PostgresStore,
        _ act: @escaping @Sendable (PostgresStore, _ isFirst: Bool) async throws -> Outcome
    ) async throws -> [Outcome] {
        async let first = act(one, true)
        async let second = act(other, false)
        return try await [first, second]
    }

    @Test("is made once by many who start at the same time")
    func starts() async throws {
        let address = try ConnectionURL(await PostgresServer.shared.makeDatabase())
        try await withThrowingDiscardingTaskGroup { group in
            for number in 1...6 {
                group.addTask {
                    let store = PostgresStore(address)
                    try await store.add(user("user\(number)"))
                    #expect(try await store.user(named: "user\(number)") != nil)
                    await store.close()
                }
            }
        }
    }

    @Test("lets one of two have the next refresh token, and then the family ends")
    func reuse() async throws {
        try await withTwo { one, other in
            try await one.add(user("ada"))
            for round in 1...20 {
                let hash = "t\(round)"
                #expect(try await one.open(token(hash)))
                let outcomes = try await race(one, other) { store, isFirst in
                    try await store.rotate(hash, to: token("\(hash) \(isFirst)", family: hash), from: nil)
                }
                #expect(Set(outcomes) == [.rotated(permissions: []), .reused])
                for store in [one, other] {
                    let next = try await [store.refreshToken("\(hash) true"), store.refreshToken("\(hash) false")]
                    #expect(next.compactMap(\.self).count == 1 && next.compactMap(\.self).allSatisfy(\.isEnded))
                    #expect(try await store.isRevoked("access of \(hash)"))
                }
            }
        }
    }

    @Test("keeps one of two administrators, who are removed, locked or stripped in one each", arguments: 0..<3)
    func administrators(_ way: Int) async throws {
        for _ in 1...5 {
            try await withTwo { one, other in
                for name in ["ada", "bob"] { try await one.add(user(name, [Administration.permission])) }
                let outcomes = try await race(one, other) { store, isFirst in
                    let name = isFirst ? "ada" : "bob"
                    let strip = UserChange.access(permissions: ["time"], roles: [])
                    return switch way {
                    case 0: try await store.remove(name, by: .system, entry(.userRemoved, of: name))
                    case 1: try await store.change(name, .lock, by: .system, entry(.userLocked, of: name))
                    default: try await store.change(name, strip, by: .system, entry(.accessChanged, of: name))
                    }
                }
                #expect(outcomes.count { $0 == .failure(.lastAdministrator) } == 1)
                let left = try await other.users(after: nil, limit: 9).filter { $0.isAdministrator([]) }
                #expect(left.count == 1)
            }
        }
    }

    @Test("has one first administrator, and one first key")
    func first() async throws {
        try await withTwo { one, other in
            let isAdded = try await race(one, other) { store, isFirst in
                try await store.addFirstAdministrator(
                    user(isFirst ? "ada" : "bob", roles: ["administrator"]),
                    Role(name: "administrator", permissions: [Administration.permission]), entry())
            }
            #expect(isAdded.count { $0 } == 1)
            let hasBegun = try await race(one, other) { store, isFirst in
                try await store.begin(with: key(isFirst ? "a" : "b"), entry(.keyPromoted))
            }
            #expect(hasBegun.count { $0 } == 1)
            #expect(try await other.users(after: nil, limit: 9).count == 1)
            #expect(try await one.keys().map(\.state) == [.signing])
        }
    }

    @Test("lets one key sign after another, whichever auth is asked to rotate them, and how often")
    func rotation() async throws {
        try await withTwo { one, other in
            #expect(try await one.begin(with: key("0"), entry(.keyPromoted)))
            for round in 1...10 {
                let isAnnounced = try await race(one, other) { store, _ in
                    try await store.announce(key("\(round)"), entry(.keyAnnounced))
                }
                #expect(isAnnounced.count { $0 } == 1)
                let isPromoted = try await race(one, other) { store, _ in
                    try await store.promote("\(round)", entry(.keyPromoted))
                }
                #expect(isPromoted.count { $0 } == 1)
                let keys = try await other.keys()
                #expect(keys.filter { $0.state == .signing }.map(\.kid) == ["\(round)"])
                #expect(try await one.changes(since: 0, limit: 9).keysVersion == 1 + 2 * round)
            }
        }
    }

    @Test("shows in each what the other has revoked, in the order of its versions")
    func versions() async throws {
        try await withTwo { one, other in
            try await withThrowingDiscardingTaskGroup { group in
                for (number, store) in [one, other, one, other].enumerated() {
                    group.addTask {
                        for count in 1...25 {
                            let token = RevocationTests.reference("\(number).\(count)")
                            try await store.revoke(token, entry(.tokenRevoked))
                        }
                    }
                }
                for store in [one, other] {
                    group.addTask {
                        var seen: [Int] = []
                        try await eventually("all versions are read", pause: .milliseconds(1)) {
                            seen += try await store.changes(since: seen.last ?? 0, limit: 7).revocations.map(\.version)
                            return seen.count >= 100
                        }
                        #expect(seen == Array(1...100))
                    }
                }
            }
        }
    }

    @Test("stands beside the tables of others, and touches none of them")
    func others() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        try await withPool(url) { try $0.run("CREATE TABLE users (id int)") }
        try await withPool(url) { try $0.run("CREATE TABLE migrations (id int)") }
        let store = PostgresStore(try ConnectionURL(url))
        try await store.add(user("ada"))
        await store.close()
        for table in ["users", "migrations"] {
            try await withPool(url) { connection in
                let rows = try connection.run("SELECT id FROM public.\(table)").rows
                #expect(rows.isEmpty)
            }
        }
    }

    @Test("says at once that no waiting mends it: tables of others in its schema, no right, a wrong password")
    func unusable() async throws {
        let server = try await PostgresServer.shared
        let taken = try await server.makeDatabase()
        try await withPool(taken) { try $0.run("CREATE SCHEMA star_auth") }
        try await withPool(taken) { try $0.run("CREATE TABLE star_auth.users (id int)") }
        let role = "r" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await server.administer { try $0.run("CREATE ROLE \(role) LOGIN PASSWORD 'nothing'") }
        let powerless = try await server.makeDatabase().replacing(/\/\/.*@/, with: "//\(role):nothing@")
        // A schema of somebody else: tables must not be made elsewhere, least of all temporary ones.
        let owned = try await server.makeDatabase()
        try await withPool(owned) { try $0.run("CREATE SCHEMA star_auth") }
        let closed = owned.replacing(/\/\/.*@/, with: "//\(role):nothing@")
        for (url, reason) in [
            (taken, "relation \"users\" already exists"), (powerless, "permission denied for database"),
            (closed, "permission denied for schema star_auth"),
            (server.url().replacing("battery", with: "wrong"), "28P01"), (server.url("nowhere"), "3D000"),
        ] {
            let store = PostgresStore(try ConnectionURL(url))
            let error = await #expect(throws: StoreError.self) { try await store.probe() }
            guard case .unusable(let said) = error, said.contains(reason) else {
                Issue.record("\(String(describing: error))")
                continue
            }
            await store.close()
        }
    }

    @Test("keeps what it is given, whatever was set for its role")
    func role() async throws {
        let server = try await PostgresServer.shared
        let url = try await server.makeDatabase()
        let database = try #require(url.split(separator: "/").last)
        for setting in [
            "bytea_output = 'escape'", "DateStyle = 'SQL, DMY'", "search_path = ''",
            "standard_conforming_strings = off",
            "default_transaction_isolation = 'serializable'", "synchronous_commit = off", "statement_timeout = 500",
            "lock_timeout = 1", "TimeZone = 'Asia/Tokyo'", "client_encoding = 'LATIN1'", "extra_float_digits = -10",
        ] {
            try await server.administer { try $0.run("ALTER DATABASE \(database) SET \(setting)") }
        }
        let store = PostgresStore(try ConnectionURL(url))
        try await store.add(user("ada", ["zeit für tee 🦄"]))
        #expect(try await store.begin(with: key("0"), entry(.keyPromoted)))
        #expect(try await store.keys().map(\.jwk) == [Data("secret of 0".utf8)])
        #expect(try await store.permissions(of: "ada") == ["zeit für tee 🦄"])
        await store.close()
    }

    private func withPool(_ url: String, _ work: @escaping @Sendable (PostgresConnection) throws -> Void) async throws {
        let pool = Pool(try ConnectionURL(url))
        try await pool.run(work)
        await pool.close()
    }

    @Test("gives those who were there before there were ids the ones that their tokens had")
    func ids() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        let new = PostgresStore(try ConnectionURL(url))
        try await new.probe()
        await new.close()
        try await withPool(url) { connection in
            try connection.run("ALTER TABLE star_auth.users DROP COLUMN id")
            try connection.run("DELETE FROM star_auth.migrations WHERE name LIKE '5 %'")
            try connection.run("INSERT INTO star_auth.users VALUES ('ada', 'x', false, 0, 0, 0)")
        }
        let store = PostgresStore(try ConnectionURL(url))
        #expect(try await store.secret(of: "ada") == StoredSecret(subject: "ada", hash: "x"))
        await store.close()
    }

    @Test("is not ready if a table that calls need is gone")
    func incomplete() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        let store = PostgresStore(try ConnectionURL(url))
        try await store.probe()
        try await withPool(url) { try $0.run("DROP TABLE star_auth.refresh_tokens CASCADE") }
        await #expect(throws: StoreError.self) { try await store.probe() }
        await store.close()
    }

    /// Runs statements beside a store that auth has begun with.
    private func withOpened(
        _ test: (PostgresStore, _ run: (String) async throws -> Void) async throws -> Void
    ) async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        let store = PostgresStore(try ConnectionURL(url))
        try await store.add(user("ada"))
        #expect(try await store.begin(with: key("0"), entry(.keyPromoted)))
        try await store.probe()
        try await test(store) { statement in try await withPool(url) { try $0.run(statement) } }
        await store.close()
    }

    @Test(
        "that was open is never made anew: it fails until it is back",
        arguments: ["", "CREATE SCHEMA star_auth", "CREATE TABLE star_auth.migrations (name text, taken timestamptz)"])
    func lost(_ remains: String) async throws {
        try await withOpened { store, run in
            try await run("ALTER SCHEMA star_auth RENAME TO away")
            if remains.hasPrefix("CREATE TABLE") { try await run("CREATE SCHEMA star_auth") }
            if !remains.isEmpty { try await run(remains) }
            for _ in 1...2 {
                let error = await #expect(throws: StoreError.self) { _ = try await store.user(named: "ada") }
                #expect(
                    error?.description.contains("schema star_auth, is gone") == true, "\(String(describing: error))")
                await #expect(throws: StoreError.self) { try await store.add(user("bob")) }
                await #expect(throws: StoreError.self) { try await store.probe() }
            }
            try await run("DROP SCHEMA IF EXISTS star_auth CASCADE")
            try await run("ALTER SCHEMA away RENAME TO star_auth")
            try await store.probe()
            #expect(try await store.user(named: "ada") == user("ada"))
            #expect(try await store.keys().map(\.kid) == ["0"])
        }
    }

    @Test("knows nobody in the place of what was emptied, or filled by another auth that has not begun")
    func emptied() async throws {
        try await withOpened { store, run in
            try await run("TRUNCATE star_auth.users, star_auth.roles, star_auth.signing_keys CASCADE")
            for _ in 1...2 {
                await #expect(throws: StoreError.self) { _ = try await store.user(named: "ada") }
                await #expect(throws: StoreError.self) {
                    _ = try await store.begin(with: key("1"), entry(.keyPromoted))
                }
            }
        }
    }

    @Test("takes the steps that a back-up of an older version lacks, which was put in its place")
    func older() async throws {
        try await withOpened { store, run in
            try await run("ALTER TABLE star_auth.families DROP COLUMN client, DROP COLUMN scope")
            try await run("DELETE FROM star_auth.migrations WHERE name LIKE '4 %'")
            #expect(try await store.open(token("t")))
            #expect(try await store.refreshToken("t") != nil)
        }
    }

    @Test("is not made where that is not allowed, and nothing is left there")
    func missing() async throws {
        let url = try await PostgresServer.shared.makeDatabase()
        let store = PostgresStore(try ConnectionURL(url), isCreating: false)
        let error = await #expect(throws: StoreError.self) { try await store.probe() }
        guard case .unusable(let said) = error, said.contains("There is no store in"), !said.contains("battery") else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await withPool(url) { connection in
            let schemas = try connection.run("SELECT FROM pg_namespace WHERE nspname = 'star_auth'").rows
            #expect(schemas.isEmpty)
        }
        let maker = PostgresStore(try ConnectionURL(url))
        try await maker.add(user("ada"))
        #expect(try await store.user(named: "ada") != nil)
        for store in [store, maker] { await store.close() }
    }

    @Test("of a newer version is refused, with both versions' steps")
    func newer() async throws {
        try await withOpened { store, run in
            try await run("INSERT INTO star_auth.migrations VALUES ('6 something new', now())")
            // One that runs goes on: a rolling upgrade replaces it.
            #expect(try await store.user(named: "ada") != nil)
            try await run("ALTER SCHEMA star_auth RENAME TO away")
            await #expect(throws: StoreError.self) { try await store.probe() }
            try await run("ALTER SCHEMA away RENAME TO star_auth")
            let error = await #expect(throws: StoreError.self) { try await store.probe() }
            guard case .unusable(let said) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(said.contains("“6 something new”") && said.contains("“5 ids of users”"), "\(said)")
        }
    }
}

private func key(_ kid: String) -> StoredKey {
    StoredKey(kid: kid, jwk: Data("secret of \(kid)".utf8), announced: second(0))
}
