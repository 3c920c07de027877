import Foundation

/// Which file a name leads to, as the system tells files apart.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let node: UInt64

    /// - Returns: `nil` where there is no file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// - Throws: ``SQLiteFileError`` where there is no file, or others than its owner can use it.
    init(ofPrivate path: String) throws(SQLiteFileError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SQLiteFileError(
                description: "The file \(path) cannot be looked at: \(String(cString: strerror(errno))).")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw SQLiteFileError(
                description: "The file \(path) can be used by others than its owner. Take that away: chmod 600 \(path)")
        }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        node = UInt64(status.st_ino)
    }

    /// Makes a file that only its owner can use, in a directory that only its owner can use, where they are missing. What
    /// SQLite puts beside it has the same mode.
    static func make(_ file: URL) throws {
        let directory = file.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SQLiteFileError(
                description: "The directory \(directory.path) cannot be made: \(error.localizedDescription)")
        }
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SQLiteFileError(
                description: "The file \(file.path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        close(descriptor)
    }
}

/// Why the file of a store cannot be used. It is met at the start, and stops it.
public struct SQLiteFileError: Error, Equatable, CustomStringConvertible {
    /// A sentence that names the file.
    public let description: String
}
