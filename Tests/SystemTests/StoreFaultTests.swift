import FaultyDisk
import Foundation
import GRDB
import Postgres
import PostgresServer
import Testing
import Waiting
import Web

@Suite("When auth's store is in trouble", .timeLimit(.minutes(5)))
struct StoreFaultTests {
    private func file(_ site: Site) -> URL { site.directory.appending(path: ".star/data/auth.sqlite") }

    @Test(
        "the disk is full or can only be read: writes are a 503, reads go on",
        arguments: [FaultyDisk.Fault.full, .readOnly])
    func disk(_ fault: FaultyDisk.Fault) async throws {
        let disk = try FaultyDisk()
        let temporary = FileManager.default.temporaryDirectory
        try await StoreRig.open(disk.environment(for: temporary)) { rig in
            try await rig.write()
            try disk.fail(fault)
            try await rig.isTroubled()
            #expect(try await rig.read().status == 200)
            disk.mend()
            try await rig.recovers()
        }
    }

    @Test("another process holds it: writes are a 503 in time, reads go on")
    func held() async throws {
        try await StoreRig.open([:]) { rig in
            try await rig.write()
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: file(rig.site).path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            try await rig.isTroubled()
            #expect(try await rig.read().status == 200)
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try other.close()
            try await rig.recovers()
        }
    }

    @Test("the file is gone: all is a 503 until it is back")
    func gone() async throws {
        try await StoreRig.open([:]) { rig in
            try await rig.write()
            let aside = rig.site.directory.appending(path: "aside.sqlite")
            try FileManager.default.moveItem(at: file(rig.site), to: aside)
            try await rig.isTroubled()
            #expect(try await rig.read().status == 503)
            try FileManager.default.moveItem(at: aside, to: file(rig.site))
            try await rig.recovers()
        }
    }

    @Test("a back-up is put in its place while auth runs: auth has exactly that, and is ready")
    func restored() async throws {
        try await StoreRig.open([:]) { rig in
            try await rig.write()
            let copied = try await rig.site.star("store", "backup", "copy.sqlite")
            #expect(copied.code == 0, "\(copied.log)")
            for arguments in [["backup", "-"], ["restore", "-"]] {
                let stream = try rig.site.start(["store"] + arguments)
                #expect(try await stream.end() == 64 && stream.log.contains("Name a file: "), "\(stream.log)")
            }
            let stray = rig.site.directory.appending(path: "-").path
            #expect(!FileManager.default.fileExists(atPath: stray))
            try await rig.site.addUser("later", password: "seven wet socks")
            let folder = try await rig.site.star("store", "restore", ".")
            #expect(
                folder.code == 1 && folder.log.contains("is a directory. Name one that star store"), "\(folder.log)")
            let restored = try await rig.site.star("store", "restore", "copy.sqlite")
            #expect(restored.code == 0 && !restored.log.contains("put away"), "\(restored.log)")
            try await rig.recovers()
            #expect(try await !rig.read().body.contains("later"))
            #expect(!FileManager.default.fileExists(atPath: file(rig.site).path + "-wal.aside"))
        }
    }

    @Test("auth is stopped soon after its start: its file holds all there is, and no log is left")
    func stopped() async throws {
        try await Site.open { site in
            let auth = try await site.serve("auth")
            #expect(try await auth.stop() == 0)
            let log = file(site).path + "-wal"
            #expect(!FileManager.default.fileExists(atPath: log))
            let queue = try DatabaseQueue(path: file(site).path)
            let users = try await queue.read { try String.fetchAll($0, sql: "SELECT name FROM users") }
            #expect(users == ["admin"])
            try queue.close()
        }
    }

    @Test(
        "what no waiting mends stops the start: tables of something else, a wrong password, no such database",
        arguments: ["foreign", "password", "database"])
    func unusable(_ way: String) async throws {
        let server = try await PostgresServer.shared
        let wrong = "postgres://star:sesame-opens@127.0.0.1:\(server.port)/postgres"
        let settings = ["foreign": "foreign.sqlite", "password": wrong, "database": server.url("nowhere")]
        try await Site.open({ _ in ["AUTH_DATABASE": settings[way] ?? ""] }) { site in
            let foreign = site.directory.appending(path: "foreign.sqlite")
            let queue = try DatabaseQueue(path: foreign.path)
            try await queue.write { try $0.execute(sql: "CREATE TABLE recipes (name TEXT)") }
            try queue.close()
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: foreign.path)
            let refused = try await site.star("serve", "auth")
            #expect(refused.code == 78, "\(refused.log)")
            #expect(
                !refused.log.contains("sesame") && refused.log.contains(way == "foreign" ? "recipes" : "AUTH_DATABASE"))
        }
    }

    @Test("auth is killed while it writes: it has all that it has acknowledged")
    func killed() async throws {
        try await StoreRig.open([:]) { rig in
            for _ in 1...3 {
                try await rig.write { await rig.site.killAll() }
                try await rig.site.serve("auth")
                try await rig.keepsItsWord()
            }
        }
    }

    @Test(
        "its password is changed while auth runs: auth is not ready, says why in its log, and goes on if it is changed back"
    )
    func passwordChanged() async throws {
        try await PostgresServer.open { server in
            let pool = Pool(try ConnectionURL(server.url()))
            try await Site.open({ _ in ["AUTH_DATABASE": server.url()] }) { site in
                let auth = try await site.serve("auth")
                try await setPassword("another", pool)
                try await eventually("auth says that it waits for its store") {
                    let health = try await Web.get(site.url("auth") + "/health/ready")
                    return health.status == 503 && health.body.contains("its store")
                }
                #expect(auth.log.contains("password authentication failed") && !auth.log.contains("another"))
                try await setPassword(server.password, pool)
                try await site.ready("auth", auth)
            }
            await pool.close()
        }
    }

    /// Sets the password that auth logs in with, and ends its connections.
    private func setPassword(_ password: String, _ pool: Pool) async throws {
        try await pool.transaction(.readCommitted) { connection in
            try connection.run("ALTER ROLE star PASSWORD '\(password)'")
            try connection.run(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
                """)
        }
    }

    @Test("PostgreSQL comes after auth: auth waits for it, and is ready without a restart")
    func databaseLate() async throws {
        try await PostgresServer.open { server in
            server.stop()
            try await Site.open({ _ in ["AUTH_DATABASE": server.url()] }) { site in
                let auth = try site.start(["serve", "auth"])
                let ready = site.url("auth") + "/health/ready"
                try await eventually("auth says that it waits for its store") {
                    let health = try? await Web.get(ready)
                    return health?.status == 503 && health?.body.contains("its store") == true
                }
                let refused = try await Web.send("POST", site.url("auth") + "/api/v1/auth/create")
                #expect(refused.status == 503, "\(refused.body)")
                for path in ["/.well-known/jwks.json", "/api/v1/auth/trust_updates"] {
                    let answer = try await Web.get(site.url("auth") + path)
                    #expect(answer.status == 503 && answer["Cache-Control"] == "no-store", "\(answer.body)")
                }
                try await server.start()
                try await site.ready("auth", auth)
                try await eventually("guests are let in") {
                    try await Web.send("POST", site.url("auth") + "/api/v1/auth/create").status == 201
                }
                #expect(auth.code == nil)
            }
        }
    }

    @Test("PostgreSQL is killed while auth writes: auth has all that it has acknowledged, and needs no restart")
    func databaseKilled() async throws {
        try await PostgresServer.open { server in
            try await StoreRig.open(["AUTH_DATABASE": server.url()]) { rig in
                for _ in 1...3 {
                    try await rig.write { server.kill() }
                    try await rig.isTroubled()
                    try await server.start()
                    try await rig.recovers()
                }
            }
        }
    }
}
