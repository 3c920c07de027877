import Auth
import Background
import Dispatch
import Foundation
import GRDB
import TemporaryFiles
import Testing

@testable import AuthSQLite

@Suite("A store in SQLite", .timeLimit(.minutes(1)))
struct SQLiteStoreTests {
    let directory = TemporaryDirectory()

    func mode(_ url: URL) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    }

    private func expose(_ url: URL, _ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    }

    @Test("is a file that only its owner can use, and so is all beside it")
    func permissions() async throws {
        let store = try SQLiteStore(directory.file)
        try await store.add(user("ada"))
        let folder = directory.file.deletingLastPathComponent()
        #expect(try mode(folder) == 0o700)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count == 4)
        for file in files { #expect(try mode(file) == 0o600, "\(file.lastPathComponent)") }
        await store.close()
    }

    @Test("is taken from group and others at each start and in each place", arguments: [0o640, 0o604, 0o660])
    func exposed(_ mode: Int) async throws {
        let store = try SQLiteStore(directory.file)
        try await store.add(user("ada"))
        // As after a crash, with the log beside it.
        _ = Unmanaged.passRetained(store)
        let folder = directory.file.deletingLastPathComponent()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try expose(folder.appending(path: name), mode)
        }
        let again = try SQLiteStore(directory.file)
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            #expect(try self.mode(file) == 0o600, "\(file.lastPathComponent)")
        }
        let copy = directory.url.appending(path: "copy")
        try await again.backUp(to: copy)
        try expose(copy, mode)
        #expect(rename(copy.path, directory.file.path) == 0)
        #expect(try await again.user(named: "ada") != nil)
        #expect(try self.mode(directory.file) == 0o600)
        await again.close()
    }

    @Test("is refused if others can use it and its mode cannot be changed, by name")
    func foreign() {
        // The mode of this one cannot be changed, not even by root.
        let path = "/proc/self/status"
        let error = #expect(throws: StoreError.self) { try OwnFiles.restrictToOwner([path]) }
        guard case .unusable(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(path) && reason.contains("fsGroupChangePolicy: OnRootMismatch"), "\(reason)")
    }

    @Test("writes through to the disk, in a log that readers do not wait for")
    func durability() async throws {
        let store = try SQLiteStore(directory.file)
        #expect(try await store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        #expect(try await store.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
        #expect(try await store.write { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
        await store.close()
    }

    @Test("answers what is asked for every call while all others who may read at once do")
    func glances() async throws {
        let store = try SQLiteStore(directory.file)
        let count = ProcessInfo.processInfo.activeProcessorCount
        let (hashing, gate) = (BlockingThreadPool(count, name: "hashing"), DispatchSemaphore(value: 0))
        let (readers, arrived) = AsyncStream.makeStream(of: Void.self)
        // Returns true if it was signalled to end, and false after the time-out.
        let read: @Sendable @concurrent () async throws -> Bool = {
            try await store.read { _ in
                arrived.yield()
                return gate.wait(timeout: .now() + 5) == .success
            }
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await read() }
            for _ in 1...count { group.addTask { try await hashing.run(read) } }
            for await _ in readers.prefix(count + 1) {}
            #expect(try await !store.isRevoked("a"))
            for _ in 0...count { gate.signal() }
            for try await wasTold in group { #expect(wasTold) }
        }
        await store.close()
    }

    @Test("finds everything again that another process has written, and sees it at once")
    func shared() async throws {
        let stores = [try SQLiteStore(directory.file), try SQLiteStore(directory.file)]
        try await stores[0].add(user("ada", ["time"]))
        #expect(try await stores[1].user(named: "ada") == user("ada", ["time"]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask { try await stores[number % 2].add(user("user\(number)")) }
            }
            try await group.waitForAll()
        }
        for store in stores {
            #expect(try await store.users(after: nil, limit: 100).count == 41)
            await store.close()
        }
        let again = try SQLiteStore(directory.file)
        #expect(try await again.users(after: nil, limit: 100).count == 41)
        await again.close()
    }

    @Test("gives those who were there before there were ids the ones that their tokens had")
    func ids() async throws {
        await (try SQLiteStore(directory.file)).close()
        let old = try DatabaseQueue(path: directory.file.path)
        try old.inDatabase { database in
            try database.execute(
                sql: """
                    DROP INDEX users_by_id;
                    ALTER TABLE users DROP COLUMN id;
                    DELETE FROM grdb_migrations WHERE identifier LIKE '5 %';
                    INSERT INTO users VALUES ('ada', 'x', 0, 0, 0, 0);
                    """)
        }
        try old.close()
        let store = try SQLiteStore(directory.file)
        #expect(try await store.secret(of: "ada") == StoredSecret(subject: "ada", hash: "x"))
        await store.close()
    }

    @Test("refuses writes while another process holds it, reads on, and needs no restart")
    func held() async throws {
        let store = try SQLiteStore(directory.file)
        try await store.add(user("ada"))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.file.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: StoreError.locked) { try await store.probe() }
        #expect(try await store.user(named: "ada") != nil)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await store.probe()
        try other.close()
        await store.close()
    }

    @Test("says that it is full, reads on, and writes again once there is room")
    func full() async throws {
        let store = try SQLiteStore(directory.file)
        try await store.add(user("ada"))
        func limit(_ sql: String) async throws {
            try await store.write { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(sql)") }
        }
        let pages = try await store.read { try Int.fetchOne($0, sql: "PRAGMA page_count") } ?? 0
        try await limit("\(pages)")
        await #expect(throws: StoreError.full) {
            for number in 0..<1000 { try await store.add(user("user\(number)", ["a", "b", "c"])) }
        }
        #expect(try await store.user(named: "ada") != nil)
        try await limit("1000000")
        try await store.add(user("bob"))
        await store.close()
    }

    @Test("writes nothing to a file that is gone, and goes on with the one that takes its place")
    func replaced() async throws {
        let store = try SQLiteStore(directory.file)
        try await store.add(user("ada"))
        let aside = directory.url.appending(path: "aside.sqlite")
        await (try SQLiteStore(aside)).close()
        let files = ["", "-wal", "-shm"].map { URL(filePath: directory.file.path + $0) }
        for file in files { try FileManager.default.removeItem(at: file) }
        await #expect(throws: StoreError.self) { try await store.add(user("bob")) }
        await #expect(throws: StoreError.self) { _ = try await store.user(named: "ada") }
        try FileManager.default.moveItem(at: aside, to: directory.file)
        #expect(try await store.user(named: "ada") == nil)
        try await store.add(user("eve"))
        await store.close()
        let again = try SQLiteStore(directory.file)
        #expect(try await again.users(after: nil, limit: 10).map(\.name) == ["eve"])
        await again.close()
    }
}
