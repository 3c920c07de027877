import Files
public import Foundation
import GRDB

extension SQLiteStore {
    /// Writes a copy of the store as it is at one moment, in a file that only its owner can use. Others read and write
    /// meanwhile.
    ///
    /// - Throws: the system's reason, `EEXIST` if there is such a file; ``StoreError``; SQLite's reason.
    public func backUp(to copy: URL) async throws {
        try PrivateFile.createNew(copy)
        do {
            try await run(on: writes) { pool in try pool.writeWithoutTransaction { try $0.copyAll(to: copy) } }
            try PrivateFile.synchronize(copy)
        } catch {
            try? FileManager.default.removeItem(at: copy)
            throw error
        }
    }

    /// Puts a copy in the place of a store, whether auth runs or not: it uses the copy from its next call on. The copy
    /// belongs to the owner of what it replaces, whoever restores it; a link to the store stays a link.
    ///
    /// - Throws: ``SQLiteFileError`` if the copy is damaged or no store; otherwise the system's or SQLite's reason. The store
    ///   is as it was then.
    public static func restore(_ copy: URL, to link: URL) throws {
        let file = link.resolvingSymlinksInPath()
        let source = StoreFile(copy.path)
        try source.verify()
        let draft = file.appendingPathExtension("restored")
        try? FileManager.default.removeItem(at: draft)
        try PrivateFile.createNew(draft)
        do {
            try source.reading { try $0.copyAll(to: draft) }
            try PrivateFile.give(draft, toOwnerOf: file)
            try PrivateFile.synchronize(draft)
        } catch {
            try? FileManager.default.removeItem(at: draft)
            throw error
        }
        let target = StoreFile(file.path)
        try target.mark.replacing {
            guard rename(draft.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
            try target.putLogAway()
        }
        try PrivateFile.give(URL(filePath: target.mark.path), toOwnerOf: file)
        try PrivateFile.synchronize(file.deletingLastPathComponent())
    }
}

extension Database {
    /// To an empty file, as of one moment.
    fileprivate func copyAll(to file: URL) throws {
        try execute(sql: "VACUUM INTO ?", arguments: [file.path])
    }
}
