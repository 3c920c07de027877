import Auth
import AuthPostgres
import Endpoints
import FaultyDisk
import Foundation
import Postgres
import PostgresServer
import Testing
import Tokens
import Waiting

@Suite("A store in PostgreSQL that is in trouble", .timeLimit(.minutes(2)))
struct PostgresFaultTests {
    private func withStore(_ test: (PostgresServer, PostgresStore) async throws -> Void) async throws {
        try await PostgresServer.open { server in
            let store = PostgresStore(try ConnectionURL(server.url()))
            try await store.add(user("ada"))
            try await test(server, store)
            await store.close()
        }
    }

    /// The error of a write, which must come in time.
    private func failure(_ store: PostgresStore) async -> StoreError? {
        let start = ContinuousClock.now
        defer { #expect(start.duration(to: .now) < .seconds(5)) }
        do throws(StoreError) {
            try await store.probe()
            return nil
        } catch {
            return error
        }
    }

    private func recovers(_ store: PostgresStore) async throws {
        try await eventually("the store recovers", within: .seconds(5)) { await failure(store) == nil }
        try await store.add(user("user \(UUID())"))
    }

    @Test("fails at once while the server is away, and mends when it is back")
    func gone() async throws {
        try await withStore { server, store in
            for end in [server.stop, server.kill] {
                end()
                guard case .unavailable = await failure(store) else {
                    Issue.record("a server that is away was written to")
                    return
                }
                await #expect(throws: StoreError.self) { _ = try await store.user(named: "ada") }
                try await server.start()
                try await recovers(store)
                #expect(try await store.user(named: "ada") == user("ada"))
            }
        }
    }

    @Test("starts without the server, and works once it is there")
    func late() async throws {
        try await PostgresServer.open { server in
            server.stop()
            let store = PostgresStore(try ConnectionURL(server.url()))
            #expect(await failure(store) != nil)
            try await server.start()
            try await recovers(store)
            await store.close()
        }
    }

    @Test("lets auth's keeper begin without the server, and sign once there is a key")
    func lateKeeper() async throws {
        try await PostgresServer.open { server in
            server.stop()
            let store = PostgresStore(try ConnectionURL(server.url()))
            let family = try await TrustSynchronizerTests.Family(store, isWarm: false)
            let problem = await #expect(throws: Problem.self) { try await family.keeper.currentKeys() }
            #expect(problem?.kind == .unavailable)
            #expect(throws: Problem.self) { _ = try family.issue() }
            try await server.start()
            try await recovers(store)
            try await store.makeFirstKey(at: family.clock.now)
            await family.keeper.refresh()
            let token = try family.issue().token
            try await family.service.warmUp()
            #expect(await family.isGood(token) == (true, true))
            await store.close()
        }
    }

    @Test("reads on while it cannot be written to, and says why")
    func readOnly() async throws {
        try await withStore { server, store in
            func set(_ value: String) async throws {
                try await server.administer { connection in
                    try connection.run("ALTER SYSTEM SET default_transaction_read_only = \(value)")
                    try connection.run("SELECT pg_reload_conf()")
                }
            }
            try await set("on")
            try await eventually { await failure(store) == .readOnly }
            #expect(try await store.user(named: "ada") == user("ada"))
            try await server.administer { connection in
                try connection.run("SET default_transaction_read_only = off")
                try connection.run("ALTER SYSTEM RESET default_transaction_read_only")
                try connection.run("SELECT pg_reload_conf()")
            }
            try await recovers(store)
        }
    }

    @Test("reads on while somebody else holds it, and waits no longer than it should")
    func locked() async throws {
        try await withStore { server, store in
            try await PostgresServer.holding("LOCK TABLE star_auth.state IN EXCLUSIVE MODE", in: server.url()) {
                let (error, ada) = (await failure(store), try await store.user(named: "ada"))
                #expect(error == .locked && ada == user("ada"))
            }
            try await recovers(store)
        }
    }

    @Test("reads on while the disk is full, says so, keeps all it has acknowledged, and writes once there is room")
    func full() async throws {
        let disk = try FaultyDisk()
        try await PostgresServer.open(environment: disk.environment(for:)) { server in
            let store = PostgresStore(try ConnectionURL(server.url()))
            try await store.add(user("ada"))
            try disk.fail(.full)
            var acknowledged = ["ada"]
            let failure = try await eventually("a write fails", pause: .zero) { () -> StoreError? in
                let name = "user \(acknowledged.count) " + String(repeating: "x", count: 200)
                do throws(StoreError) {
                    _ = try await store.add(user(name), by: .system, entry(of: name))
                    acknowledged.append(name)
                    return nil
                } catch {
                    return error
                }
            }
            #expect(failure == .full)
            #expect(try await store.user(named: "ada") == user("ada"))
            #expect(await self.failure(store) == .full)
            disk.mend()
            try await recovers(store)
            for name in acknowledged { #expect(try await store.user(named: name) != nil) }
            await store.close()
        }
    }
}
