import Auth
import Files
import Foundation
import GRDB
import TemporaryFiles
import Testing

@testable import AuthSQLite

// The files that a crash leaves beside a store.
extension SQLiteFileTests {
    @Test("is made by the next start if the first has only come to the table of its steps")
    func interruptedStart() async throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: file.path)
        try await queue.write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try queue.close()
        let store = try SQLiteStore(file)
        try await store.add(user("ada"))
        #expect(try await names(store) == ["ada"])
        await store.close()
    }

    @Test("is used after a process has died in the middle of a write, which is undone")
    func unfinishedWrite() async throws {
        let store = try SQLiteStore(file)
        try await store.add(user("ada"))
        await store.close()
        let copy = directory.url.appending(path: "copy.sqlite")
        try interruptWrite(of: file, in: copy)
        let again = try SQLiteStore(copy)
        #expect(try await names(again) == ["ada"])
        await again.close()
    }

    /// Makes a copy of a file as a process leaves it that dies in the middle of a write, with a journal.
    private func interruptWrite(of file: URL, in copy: URL) throws {
        let queue = try DatabaseQueue(path: file.path)
        try queue.inDatabase { database in
            // So small a cache is written before the end.
            for sql in [
                "PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "BEGIN IMMEDIATE", "DELETE FROM users",
                "CREATE TABLE filling AS SELECT randomblob(500000)",
            ] { try database.execute(sql: sql) }
            try FileManager.default.copyItem(atPath: file.path, toPath: copy.path)
            try FileManager.default.copyItem(atPath: file.path + "-journal", toPath: copy.path + "-journal")
            try database.execute(sql: "ROLLBACK")
        }
        try queue.close()
    }

    /// Lets the store's file and the journal beside it be as after a process that was the first to open it, and died.
    private func interruptFirstOpening(_ store: SQLiteStore) async throws {
        await store.close()
        let torn = directory.url.appending(path: "torn.sqlite")
        try interruptWrite(of: file, in: torn)
        try move(torn)
        StoreFile(file.path).mark.claim(try StoreFile(file.path).status().identity)
        guard rename(torn.path + "-journal", journal.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    @Test("is used after a process has died at the first opening of a back-up that was moved to its place")
    func interruptedFirstOpening() async throws {
        let (store, _) = try await restorable()
        try await interruptFirstOpening(store)
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada", "bob"])
        await again.close()
    }

    @Test("is exactly the back-up that takes its place beside a journal", arguments: ["restored", "moved"])
    func foreignJournal(_ way: String) async throws {
        let (store, copy) = try await restorable()
        try await interruptFirstOpening(store)
        if way == "restored" { try SQLiteStore.restore(copy, to: file) } else { try move(copy) }
        for _ in 1...2 {
            let again = try SQLiteStore(file)
            #expect(try await names(again) == ["ada"])
            try await again.probe()
            await again.close()
        }
        #expect(FileManager.default.fileExists(atPath: journal.path + ".aside") == (way == "moved"))
    }

    @Test("is exactly the back-up after a restore that ended when the file was in its place", arguments: [true, false])
    func interruptedRestore(_ isMarked: Bool) async throws {
        let (store, copy) = try await restorable()
        abandon(store)
        if !isMarked { try FileManager.default.removeItem(atPath: StoreFile(file.path).mark.path) }
        #expect(throws: CancellationError.self) {
            try StoreFile(file.path).mark.replacing {
                try move(copy)
                throw CancellationError()
            } remove: {
            } putAside: {
            }
        }
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada"])
        await again.close()
    }

    @Test("is restored as a file with a write-ahead log: the first opening writes no journal")
    func restoredMode() async throws {
        let (store, copy) = try await restorable()
        await store.close()
        #expect(try Data(contentsOf: copy)[18...19] == Data([1, 1]))
        try SQLiteStore.restore(copy, to: file)
        #expect(try Data(contentsOf: file)[18...19] == Data([2, 2]))
    }
}
