import AuthPostgres
import AuthSQLite
import Foundation
import GRDB
import Postgres
import PostgresServer
import TemporaryFiles
import Testing

@testable import Auth

@Suite("A copy of a store", .timeLimit(.minutes(3)))
struct StoreCopyTests {
    /// The ways that stores are moved.
    enum Way: CaseIterable {
        case toPostgres, toSQLite, toAnotherFile, toAnotherDatabase
    }

    private func withStores(_ way: Way, _ test: (any CopyableStore, any CopyableStore) async throws -> Void)
        async throws
    {
        let directory = TemporaryDirectory()
        func file(_ name: String) throws -> any CopyableStore { try SQLiteStore(directory.url.appending(path: name)) }
        func database() async throws -> any CopyableStore {
            PostgresStore(try ConnectionURL(await PostgresServer.shared.makeDatabase()))
        }
        let source = way == .toPostgres || way == .toAnotherFile ? try file("one/auth.sqlite") : try await database()
        let target = way == .toSQLite || way == .toAnotherFile ? try file("two/auth.sqlite") : try await database()
        try await test(source, target)
        await source.close()
        await target.close()
    }

    /// Something in each table, with every kind of value, and of users twice as many as are read at once.
    private func fill(_ store: some CopyableStore) async throws {
        _ = try await store.set(Role(name: "clock", permissions: ["time", "smoke"]), entry(.roleSet, of: "clock"))
        try await store.write { transaction in
            for number in 0..<399 { try transaction.insert(user("user \(number) ü’", ["time"], roles: ["clock"])) }
        }
        try await store.add(user("ada", [Administration.permission]))
        _ = try await store.change("user 3 ü’", .lock, by: .system, entry(.userLocked, of: "user 3 ü’"))
        _ = try await store.recordFailure(of: "user 4 ü’", limit: 9, from: "127.0.0.1", at: second(5))
        #expect(try await store.open(token("used")))
        _ = try await store.rotate("used", to: token("next", family: "used"), from: "127.0.0.1")
        #expect(try await store.open(token("ended", of: "user 5 ü’")))
        _ = try await store.endSession("ended", entry(.sessionEnded))
        _ = try await store.begin(with: KeyStoreTests.key("first"), entry(.keyPromoted))
        _ = try await store.announce(KeyStoreTests.key("second", at: 1), entry(.keyAnnounced))
    }

    /// All rows of all tables.
    private func contents(_ store: some CopyableStore) async throws -> [[StoreTable.RowValues]] {
        try await store.snapshot { transaction in
            try StoreTable.all.map { try transaction.rows(of: $0, after: nil, limit: 1_000_000) }
        }
    }

    @Test("has every row of every table, whichever way it goes", arguments: Way.allCases)
    func copy(way: Way) async throws {
        try await withStores(way) { source, target in
            try await fill(source)
            let counts = try await StoreCopy.copy(from: source, to: target)
            let copied = try await contents(target)
            #expect(try await contents(source) == copied)
            #expect(counts.map(\.rows) == copied.map(\.count) && counts.map(\.table) == StoreTable.all.map(\.name))
            #expect(copied.allSatisfy { !$0.isEmpty } && copied[0].count == 400)
            // It goes on as the other would have.
            #expect(try await target.keys().map(\.kid) == ["first", "second"])
            #expect(try await target.revoked() == source.revoked())
            let last = try #require(await source.audit(before: nil, limit: 1).first?.number)
            try await target.add(user("bob"))
            #expect(try await target.audit(before: nil, limit: 1).first.map { $0.number > last } == true)
            #expect(try await target.open(token("of bob", of: "bob")))
        }
    }

    @Test("is not made into a store that holds something, which stays as it is", arguments: Way.allCases)
    func occupied(way: Way) async throws {
        try await withStores(way) { source, target in
            try await source.add(user("ada"))
            try await target.add(user("bob"))
            let before = try await contents(target)
            await #expect(throws: StoreError.self) { try await StoreCopy.copy(from: source, to: target) }
            #expect(try await contents(target) == before)
        }
    }

    @Test("is not made of a store that a newer version has changed, nor into one", arguments: [true, false])
    func newer(isSource: Bool) async throws {
        try await withStores(.toAnotherDatabase) { source, target in
            try await source.add(user("ada"))
            let newer = try #require((isSource ? source : target) as? PostgresStore)
            _ = try await newer.write { try $0.run("INSERT INTO migrations VALUES ('99 of tomorrow', now())") }
            let error = await #expect(throws: StoreError.self) { try await StoreCopy.copy(from: source, to: target) }
            #expect(error?.description.contains("99 of tomorrow") == true)
            #expect(try await contents(target).dropLast().allSatisfy(\.isEmpty))
        }
    }

    @Test("is undone if the store changes meanwhile, or fails", arguments: ["bob", "ada and bob"])
    func changing(later: String) async throws {
        try await withStores(.toPostgres) { source, target in
            try await source.add(user("ada"))
            let directory = TemporaryDirectory()
            let changed = try SQLiteStore(directory.file)
            for name in later.components(separatedBy: " and ") { try await changed.add(user(name)) }
            let error = await #expect(throws: StoreError.self) {
                try await StoreCopy.copy(source, to: target, comparedWith: changed)
            }
            await changed.close()
            #expect(error?.description.contains("Stop auth") == true)
            #expect(try await contents(target).dropLast().allSatisfy(\.isEmpty))
            await source.close()
            await #expect(throws: StoreError.self) { try await StoreCopy.copy(from: source, to: target) }
            #expect(try await contents(target).dropLast().allSatisfy(\.isEmpty))
        }
    }

    @Test("has every column of both kinds of stores")
    func columns() async throws {
        let names = { (tables: [String: [String]]) in tables.mapValues(Set.init) }
        let listed = Dictionary(
            uniqueKeysWithValues: StoreTable.all.map { ($0.name, $0.columns.map(\.name) + $0.counters) })
        try await withStores(.toPostgres) { source, target in
            let file = try #require(source as? SQLiteStore)
            let inFile = try await file.read { database in
                try listed.keys.reduce(into: [:]) { tables, table in
                    tables[table] = try database.columns(in: table).map(\.name)
                }
            }
            #expect(names(inFile) == names(listed))
            let database = try #require(target as? PostgresStore)
            let inDatabase = try await database.read { connection in
                try listed.keys.reduce(into: [String: [String]]()) { tables, table in
                    tables[table] = try connection.run(
                        """
                        SELECT column_name::text AS name FROM information_schema.columns
                        WHERE table_schema = 'star_auth' AND table_name = $1 AND column_name <> 'place'
                        """, table
                    ).rows.map { try $0.value("name", as: String.self).replacing("user_name", with: "user") }
                }
            }
            #expect(names(inDatabase) == names(listed))
        }
    }
}
