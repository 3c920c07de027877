package import Foundation

// Files that belong to this process alone, such as a store: nobody but their owner can use them.
extension PrivateFile {
    /// Creates an empty file, and its directory, if they are missing.
    ///
    /// - Throws: ``PrivateFileError`` that names the file or the directory.
    package static func create(_ file: URL) throws(PrivateFileError) {
        try create(file, O_CREAT)
    }

    /// Creates an empty file that did not exist before.
    ///
    /// - Throws: ``PrivateFileError``, of `EEXIST` if there is one.
    package static func createNew(_ file: URL) throws(PrivateFileError) {
        try create(file, O_CREAT | O_EXCL)
    }

    /// Replaces the content of a file, which is created if it is missing.
    ///
    /// - Throws: ``PrivateFileError``.
    package static func write(_ text: String, to file: URL) throws(PrivateFileError) {
        try create(file)
        try keepToOwner(file.path)
        do {
            let handle = try FileHandle(forWritingTo: file)
            defer { try? handle.close() }
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(text.utf8))
            try handle.synchronize()
        } catch {
            throw PrivateFileError(file.path, EIO)
        }
    }

    /// Waits until a file or a directory is on the disk.
    ///
    /// - Throws: ``PrivateFileError``.
    package static func synchronize(_ file: URL) throws(PrivateFileError) {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else { throw PrivateFileError(file.path, errno) }
    }

    /// Gives a file to the owner and group of another, or of that one's directory if there is no other: an administrator
    /// may write what a service owns.
    ///
    /// - Throws: ``PrivateFileError``, of `EPERM` if the process may not.
    package static func give(_ file: URL, toOwnerOf other: URL) throws(PrivateFileError) {
        var (own, wanted) = (stat(), stat())
        guard stat(other.path, &wanted) == 0 || stat(other.deletingLastPathComponent().path, &wanted) == 0,
            stat(file.path, &own) == 0
        else { throw PrivateFileError(file.path, errno) }
        guard (own.st_uid, own.st_gid) != (wanted.st_uid, wanted.st_gid) else { return }
        guard chown(file.path, wanted.st_uid, wanted.st_gid) == 0 else { throw PrivateFileError(file.path, errno) }
    }

    /// Takes from group and others whatever they may do with a file: `fsGroup` of Kubernetes adds it at each mount. Locks
    /// that the process has on the file stay: to close a descriptor of another kind than `O_PATH` would drop SQLite's.
    ///
    /// - Returns: true if something was taken away.
    /// - Throws: ``PrivateFileError``, of `EPERM` if the process is not the owner, and may not act for it either.
    @discardableResult
    package static func keepToOwner(_ path: String) throws(PrivateFileError) -> Bool {
        let descriptor = open(path, pathOnly | O_CLOEXEC)
        guard descriptor >= 0 else { throw PrivateFileError(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw PrivateFileError(path, errno) }
        guard status.st_mode & 0o077 != 0 else { return false }
        guard chmod("/proc/self/fd/\(descriptor)", status.st_mode & 0o700) == 0 else {
            throw PrivateFileError(path, errno)
        }
        return true
    }

    /// `O_PATH` of Linux, which Glibc shows to C only.
    private static let pathOnly: Int32 = 0o10_000_000

    private static func create(_ file: URL, _ flags: Int32) throws(PrivateFileError) {
        let directory = file.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw PrivateFileError(directory.path, error)
        }
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw PrivateFileError(file.path, errno) }
        close(descriptor)
    }
}
