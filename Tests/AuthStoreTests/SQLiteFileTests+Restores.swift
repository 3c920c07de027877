import Auth
import Files
import Foundation
import GRDB
import TemporaryFiles
import Testing

@testable import AuthSQLite

// Back-ups, and what is put in a store's place.
extension SQLiteFileTests {
    @Test("is copied while others write, and put back while it is in use or not")
    func copies() async throws {
        let (store, copy) = try await restorable()
        await #expect(throws: PrivateFileError.self) { try await store.backUp(to: copy) }
        // Of one that was killed.
        try PrivateFile.write("SQLite format 3", to: directory.url.appending(path: "other.sqlite.partial"))
        try await withThrowingDiscardingTaskGroup { group in
            for number in 1...20 { group.addTask { try await store.add(user("user\(number)")) } }
            let other = directory.url.appending(path: "other.sqlite")
            group.addTask { try await store.backUp(to: other) }
        }
        #expect(!FileManager.default.fileExists(atPath: directory.url.appending(path: "other.sqlite.partial").path))
        try SQLiteStore.restore(copy, to: file)
        #expect(try await names(store) == ["ada"])
        try await store.add(user("eve"))
        await store.close()
        try SQLiteStore.restore(copy, to: file)
        let again = try SQLiteStore(file)
        #expect(try await names(again) == ["ada"])
        abandon(again)
        try await again.add(user("eve"))
        try SQLiteStore.restore(copy, to: file)
        let last = try SQLiteStore(file)
        #expect(try await names(last) == ["ada"])
        await last.close()
    }

    @Test("is replaced by a copy where a link leads to, and belongs to its owner, whoever restores it")
    func linked() async throws {
        let (store, copy) = try await restorable()
        await store.close()
        // Only root can give files away; for others the owner is the same.
        if geteuid() == 0 { try #require(chown(file.path, 65_534, 65_534) == 0) }
        let link = directory.url.appending(path: "link.sqlite")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
        try SQLiteStore.restore(copy, to: link)
        let status = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(status[.ownerAccountID] as? UInt32 == (geteuid() == 0 ? 65_534 : geteuid()))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
        let again = try SQLiteStore(link)
        #expect(try await names(again) == ["ada"])
        await again.close()
    }

    @Test("is not replaced by something else than a back-up, with a sentence on what it is and what helps")
    func badCopy() async throws {
        let (store, _) = try await restorable()
        let other = directory.url.appending(path: "other.sqlite")
        let queue = try DatabaseQueue(path: other.path)
        try await queue.write { try $0.execute(sql: "CREATE TABLE recipes (name TEXT)") }
        try queue.close()
        let text = try directory.write(String(repeating: "no database\n", count: 100), to: "text")
        let pipe = directory.path(of: "pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, fault) in [
            (directory.url.path, "is a directory"), (pipe, "is no file"), (text, "is damaged: file is not a database"),
            (try directory.write("", to: "empty"), "holds no store"), (other.path, "is not auth's"),
            (directory.path(of: "none"), "No such file or directory"),
        ] {
            let error = #expect(throws: SQLiteFileError.self, "\(fault)") {
                try SQLiteStore.restore(URL(filePath: path), to: file)
            }
            let sentence = error?.description ?? ""
            #expect(sentence.contains(fault) && sentence.contains(path), "\(sentence)")
            #expect(
                sentence.hasSuffix("Name one that star store backup or SQLite's .backup has written."), "\(sentence)")
        }
        #expect(try await names(store) == ["ada", "bob"])
        await store.close()
    }

    @Test("leaves nothing beside the back-up that it is restored from, or that replaces it")
    func tidyRestore() async throws {
        let (store, copy) = try await restorable()
        try SQLiteStore.restore(copy, to: file)
        #expect(try await names(store) == ["ada"])
        await store.close()
        let left = try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path)
        #expect(Set(left) == [file.lastPathComponent, file.lastPathComponent + "-mark"])
        let beside = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(beside.filter { $0.hasPrefix("copy") } == ["copy.sqlite"])
    }
}
