import Auth
import Files
import Foundation
import GRDB
import TemporaryFiles
import Testing
import Waiting

@testable import AuthSQLite

@Suite("The file of a store in SQLite", .timeLimit(.minutes(1)))
struct SQLiteFileTests {
    let directory = TemporaryDirectory()
    var file: URL { directory.file }
    var log: URL { URL(filePath: file.path + "-wal") }
    var journal: URL { URL(filePath: file.path + "-journal") }

    /// A store with ada in it, a copy of that beside it, and bob, who came later.
    func restorable() async throws -> (store: SQLiteStore, copy: URL) {
        let store = try SQLiteStore(file)
        try await store.add(user("ada"))
        let copy = directory.url.appending(path: "copy.sqlite")
        try await store.backUp(to: copy)
        try await store.add(user("bob"))
        return (store, copy)
    }

    func names(_ store: SQLiteStore) async throws -> [String] {
        try await store.users(after: nil, limit: 100).map(\.name)
    }

    /// Lets a store be as after a crash of its process: it is never closed.
    func abandon(_ store: SQLiteStore) {
        _ = Unmanaged.passRetained(store)
    }

    func move(_ copy: URL) throws {
        guard rename(copy.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private func writeOver(with copy: URL) throws {
        try Data(contentsOf: copy).write(to: file)
    }

    @Test("is exactly the back-up that is moved to its place while it is in use, and after a restart")
    func moved() async throws {
        let (store, copy) = try await restorable()
        try move(copy)
        #expect(try await names(store) == ["ada"])
        try await store.add(user("eve"))
        try await store.probe()
        await store.close()
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada", "eve"])
        await again.close()
    }

    /// Lets another program have the file for itself meanwhile.
    private func holding(_ file: URL, _ work: () async throws -> Void) async throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: file.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        try await work()
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try other.close()
    }

    /// The errors of a store until it works.
    private func errors(of store: SQLiteStore) async throws -> [StoreError] {
        var errors: [StoreError] = []
        try await eventually("the store works") {
            do throws(StoreError) {
                try await store.probe()
                return true
            } catch {
                errors.append(error)
                return false
            }
        }
        return errors
    }

    @Test("that another program holds when it is moved to its place is used once it is free")
    func movedWhileHeld() async throws {
        let (store, copy) = try await restorable()
        try await holding(copy) {
            try move(copy)
            for _ in 1...2 { await #expect(throws: StoreError.locked) { try await store.probe() } }
        }
        #expect(try await errors(of: store).allSatisfy { $0 == .locked })
        #expect(try await names(store) == ["ada"])
        await store.close()
    }

    @Test("that another program holds at the start is used once it is free")
    func heldAtStart() async throws {
        let first = try await restorable().store
        await first.close()
        var started: SQLiteStore?
        try await holding(file) {
            let store = try SQLiteStore(file)
            started = store
            await #expect(throws: StoreError.locked) { try await store.probe() }
        }
        let store = try #require(started)
        #expect(try await errors(of: store).allSatisfy { $0 == .locked })
        #expect(try await names(store) == ["ada", "bob"])
        await store.close()
    }

    @Test("is exactly the back-up that is moved to its place after a crash")
    func movedAfterCrash() async throws {
        let (store, copy) = try await restorable()
        abandon(store)
        try move(copy)
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada"])
        #expect(FileManager.default.fileExists(atPath: log.path + ".aside"))
        await again.close()
    }

    @Test("is not used once it was written over in place, until a back-up is moved there")
    func writtenOver() async throws {
        let (store, copy) = try await restorable()
        try writeOver(with: copy)
        for _ in 1...2 {
            let error = await #expect(throws: StoreError.self) { try await store.probe() }
            #expect(error?.description.contains("remove \(file.path)-mark") == true)
            await #expect(throws: StoreError.self) { _ = try await names(store) }
        }
        try move(copy)
        #expect(try await names(store) == ["ada"])
        try await store.probe()
        await store.close()
    }

    @Test("is used on after somebody else's checkpoint has emptied its log, and after a restart")
    func foreignCheckpoint() async throws {
        let (store, _) = try await restorable()
        let other = try DatabaseQueue(path: file.path)
        _ = try await other.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try #require(FileStatus(of: log.path)?.size == 0)
        try await store.probe()
        try await store.add(user("eve"))
        #expect(try await names(store) == ["ada", "bob", "eve"])
        abandon(store)
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada", "bob", "eve"])
        await again.close()
    }

    @Test("is not used once another program has written to it, and has all there is if the note on it is removed")
    func foreignWrite() async throws {
        let (store, _) = try await restorable()
        let other = try DatabaseQueue(path: file.path)
        _ = try await other.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try await other.write { try $0.execute(sql: "UPDATE users SET changed = changed + 1") }
        let error = await #expect(throws: StoreError.self) { try await store.probe() }
        #expect(error?.description.contains("stop auth, remove \(file.path)-mark and start auth") == true)
        abandon(store)
        try FileManager.default.removeItem(atPath: file.path + "-mark")
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada", "bob"])
        await again.close()
    }

    @Test("is not ready if a table that calls need is gone", arguments: ["refresh_tokens", "audit"])
    func incomplete(_ table: String) async throws {
        let (store, _) = try await restorable()
        try await store.write { try $0.execute(sql: "PRAGMA foreign_keys = OFF; DROP TABLE \(table)") }
        await #expect(throws: StoreError.self) { try await store.probe() }
        await store.close()
    }

    @Test("has the tables that a probe looks for, and no other")
    func tables() async throws {
        let store = try SQLiteStore(file)
        let tables: [String] = try await store.read { database in
            try database.values("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
        }
        #expect(Set(tables) == Set(StoreTable.all.map(\.name) + ["grdb_migrations"]))
        await store.close()
    }

    @Test("of a newer auth is refused, and left as it is")
    func newer() async throws {
        let (store, _) = try await restorable()
        try await store.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 of tomorrow')") }
        await store.close()
        let error = #expect(throws: SQLiteFileError.self) { _ = try SQLiteStore(file) }
        #expect(error?.description.contains("99 of tomorrow") == true)
    }

    @Test("that was written over after a crash is refused, until the old log is removed")
    func writtenOverAfterCrash() async throws {
        let (store, copy) = try await restorable()
        abandon(store)
        try writeOver(with: copy)
        let error = #expect(throws: SQLiteFileError.self) { _ = try SQLiteStore(file) }
        #expect(error?.description.contains("remove \(file.path)-mark") == true)
        try FileManager.default.removeItem(at: log)
        try StoreFile(file.path).settleLeftovers(try #require(FileStatus(of: file.path)))
    }

    @Test("is whole after a crash, in its place and in a copy of its directory")
    func crashed() async throws {
        let (store, _) = try await restorable()
        abandon(store)
        let other = directory.url.appending(path: "other")
        try FileManager.default.copyItem(at: file.deletingLastPathComponent(), to: other)
        for place in [file, other.appending(path: file.lastPathComponent)] {
            let again = try SQLiteStore(place)
            #expect(try await names(again) == ["ada", "bob"])
            await again.close()
        }
    }

    @Test("holds everything when the store is closed, with no log beside it")
    func closed() async throws {
        let (store, _) = try await restorable()
        _ = try await names(store)
        await store.close()
        #expect(!FileManager.default.fileExists(atPath: log.path))
        let alone = directory.url.appending(path: "alone.sqlite")
        try FileManager.default.copyItem(at: file, to: alone)
        let again = try SQLiteStore(alone)
        #expect(try await names(again) == ["ada", "bob"])
        await again.close()
    }

    @Test("comes into the file in portions while it is in use, and leaves a short log and a file that is still its own")
    func checkpoints() async throws {
        let store = try SQLiteStore(file)
        let large = String(repeating: "x", count: 60_000)
        for number in 1...120 { try await store.write { try $0.insert(user("user\(number)", [large])) } }
        #expect(try #require(FileStatus(of: log.path)).size < 6 << 20)
        #expect(try #require(FileStatus(of: file.path)).size > 4 << 20)
        abandon(store)
        let again = try SQLiteStore(file)
        #expect(try await names(again).count == 100)
        await again.close()
    }

    /// Each file of the store's directory: its mode and its content.
    private func directoryContent() throws -> [String: [Data]] {
        let folder = file.deletingLastPathComponent()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try names.reduce(into: [:]) { content, name in
            let file = folder.appending(path: name)
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            content[name] = [Data("\(mode ?? 0)".utf8), try Data(contentsOf: file)]
        }
    }

    @Test(
        "that is damaged is refused at the start, by name, and left as it is, with nothing beside it",
        arguments: [1, 2, 3, 5, 8, 13], [true, false])
    func damaged(_ page: Int, isMarked: Bool) async throws {
        let (store, _) = try await restorable()
        await store.close()
        try damage(page)
        try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: file.path)
        if !isMarked { try FileManager.default.removeItem(atPath: file.path + "-mark") }
        let before = try directoryContent()
        let error = #expect(throws: SQLiteFileError.self) { _ = try SQLiteStore(file) }
        #expect(error?.description.contains("is damaged") == true, "\(String(describing: error))")
        #expect(try directoryContent() == before)
    }

    @Test("that turns out to be damaged is never sound again, until another takes its place")
    func damagedMeanwhile() async throws {
        let (store, copy) = try await restorable()
        await #expect(throws: StoreError.self) {
            try await store.read { _ in throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        }
        for _ in 1...3 { await #expect(throws: StoreError.self) { try await store.probe() } }
        await #expect(throws: StoreError.self) { try await store.add(user("eve")) }
        #expect(try await store.user(named: "ada") != nil)
        try move(copy)
        try await store.probe()
        await store.close()
    }

    @Test("that is not a store's is left as it is", arguments: ["delete", "wal", "a log"])
    func foreign(_ journal: String) async throws {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let hasLog = journal == "a log"
        let origin = hasLog ? directory.url.appending(path: "origin.sqlite") : file
        let queue = try DatabaseQueue(path: origin.path)
        try await queue.writeWithoutTransaction { database in
            _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = \(hasLog ? "wal" : journal)")
            try database.execute(sql: "CREATE TABLE recipes (name TEXT)")
        }
        if hasLog {
            for end in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: origin.path + end, toPath: file.path + end)
            }
        }
        try queue.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: file.path)
        let before = try directoryContent()
        let error = #expect(throws: SQLiteFileError.self) { _ = try SQLiteStore(file) }
        #expect(error?.description.contains("“recipes”") == true, "\(String(describing: error))")
        #expect(try directoryContent() == before)
    }

    @Test("that is no database is refused and left as it is")
    func text() throws {
        try PrivateFile.write(String(repeating: "no database\n", count: 100), to: file)
        let before = try directoryContent()
        let error = #expect(throws: SQLiteFileError.self) { _ = try SQLiteStore(file) }
        #expect(error?.description.contains(file.path) == true)
        #expect(try directoryContent() == before)
    }

    @Test("is tidied in portions, between which others write")
    func portions() async throws {
        let store = try SQLiteStore(file)
        try await store.add(user("ada"))
        try await store.write { database in
            try database.insert(familyOf: token("t1", family: "f"))
            for number in 1...20_000 { try database.insert(token("t\(number)", family: "f")) }
        }
        let tidying = Task { try await store.prune(at: second(5000)) }
        try await eventually(pause: .milliseconds(1)) { try await remaining(store) < 20_000 }
        try await store.add(user("bob"))
        #expect(try await remaining(store) > 0)
        try await tidying.value
        #expect(try await remaining(store) == 0)
        await store.close()
    }

    private func remaining(_ store: SQLiteStore) async throws -> Int {
        try await store.fastRead { try $0.one("SELECT count(*) FROM refresh_tokens") }
    }

    private func damage(_ page: Int) throws {
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: UInt64(4096 * (page - 1)))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try handle.close()
    }
}
