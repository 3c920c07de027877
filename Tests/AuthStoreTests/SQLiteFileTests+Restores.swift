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

    @Test("is not replaced by a copy that is damaged, or by something else")
    func badCopy() async throws {
        let (store, copy) = try await restorable()
        try Data("no database at all, but as long as a header is, so that it is looked at".utf8).write(to: copy)
        #expect(throws: SQLiteFileError.self) { try SQLiteStore.restore(copy, to: file) }
        #expect(throws: (any Error).self) { try SQLiteStore.restore(directory.url.appending(path: "none"), to: file) }
        #expect(try await names(store) == ["ada", "bob"])
        await store.close()
    }
}
