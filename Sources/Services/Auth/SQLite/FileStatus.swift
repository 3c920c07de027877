import Foundation

/// Which file a name leads to, as the system tells files apart.
struct FileIdentity: Equatable, Codable {
    fileprivate let device: UInt64
    fileprivate let node: UInt64

    /// Whether it is the same file, as far as can be said after a new start of the machine, which may number devices anew.
    func isProbably(_ other: FileIdentity) -> Bool { node == other.node }
}

/// The system's account of a file.
struct FileStatus: Equatable, Codable {
    let identity: FileIdentity
    let size: Int64
    /// Nanoseconds since 1970.
    let modified: Int64

    /// - Returns: `nil` if there is no file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// - Returns: `nil` if the descriptor is closed.
    init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// - Throws: ``SQLiteFileError`` if there is no file, or others than its owner can use it.
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
        identity = FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}

/// Files that only their owner can use.
enum PrivateFile {
    /// Makes a file, in a directory that only its owner can use, if they are missing. What SQLite puts beside it has the
    /// same mode.
    static func make(_ file: URL) throws(SQLiteFileError) {
        let directory = file.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SQLiteFileError(
                description: "The directory \(directory.path) cannot be made: \(error.localizedDescription)")
        }
        guard FileStatus(of: file.path) == nil else { return }
        let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SQLiteFileError(
                description: "The file \(file.path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        close(descriptor)
    }

    /// Makes a file that is not there yet.
    static func makeNew(_ file: URL) throws(SQLiteFileError) {
        guard FileStatus(of: file.path) == nil else {
            throw SQLiteFileError(description: "There is a file \(file.path) already.")
        }
        try make(file)
    }

    /// Writes a text in place of what was there.
    static func write(_ text: String, to file: URL) throws {
        try make(file)
        guard chmod(file.path, 0o600) == 0 else { throw CocoaError(.fileWriteNoPermission) }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
    }

    /// Waits until a file or a directory is on the disk.
    static func synchronize(_ file: URL) throws(SQLiteFileError) {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw SQLiteFileError(
                description: "The file \(file.path) cannot be written: \(String(cString: strerror(errno))).")
        }
    }
}

/// Why the file of a store cannot be used. At the start, it stops that.
public struct SQLiteFileError: Error, Equatable, CustomStringConvertible {
    /// A sentence that names the file.
    public let description: String
}
