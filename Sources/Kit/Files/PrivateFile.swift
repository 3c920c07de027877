package import Foundation

/// The content of a file that may hold secrets, and whether it is kept from strangers.
///
/// The file that is judged is the one that is read: its open descriptor is examined, so that links are followed and nothing
/// can be put in its place in between.
package struct PrivateFile: Sendable {
    package let data: Data
    /// False if somebody may read or change it who has no business with it. See ``isPrivate(_:isReadOnlyMount:user:)``.
    package let isPrivate: Bool
    /// True for `/dev/null` and its like.
    package let isDevice: Bool

    private static let maximumSize = 1_048_576

    /// Reads a file, or a pipe to its end.
    ///
    /// - Throws: ``PrivateFileError`` if it cannot be read, or holds more than 1 MiB.
    package init(_ path: String) throws(PrivateFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PrivateFileError(path, errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        var mount = statvfs()
        guard fstat(descriptor, &status) == 0, fstatvfs(descriptor, &mount) == 0 else {
            throw PrivateFileError(path, errno)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw PrivateFileError(path, EISDIR) }
        isDevice = status.st_mode & S_IFMT == S_IFCHR
        isPrivate = Self.isPrivate(
            status, isReadOnlyMount: mount.f_flag & UInt(ST_RDONLY) != 0, user: geteuid())
        var data = Data()
        do {
            while let more = try handle.read(upToCount: 65_536), !more.isEmpty {
                data += more
                guard data.count <= Self.maximumSize else { throw PrivateFileError(path, EFBIG) }
            }
        } catch let error as PrivateFileError {
            throw error
        } catch {
            throw PrivateFileError(path, error)
        }
        self.data = data
    }

    /// The rule for files that hold secrets. Only regular files are judged; a pipe has one reader.
    ///
    /// Only the owner may write. Others than the owner may read only what they were given on purpose:
    /// - the group, if this process is not the owner (`0640` of root's, read by way of the group), or if no one may write at
    ///   all (`0440`);
    /// - everybody, if root is the owner and no one may write at all: Swarm mounts secrets as `0444`;
    /// - both, if the file is on a read-only mount and root or somebody else is the owner: Kubernetes mounts secrets as
    ///   `0644` and `0640` of root's, Compose mounts files as they are on its machine, with another owner.
    static func isPrivate(_ status: stat, isReadOnlyMount: Bool, user: uid_t) -> Bool {
        guard status.st_mode & S_IFMT == S_IFREG else { return true }
        let given = status.st_mode & 0o077
        guard given & 0o033 == 0 else { return false }
        let isReadOnly = status.st_mode & 0o222 == 0
        let isMounted = isReadOnlyMount && (status.st_uid == 0 || status.st_uid != user)
        let isGroupMeant = given & 0o040 == 0 || status.st_uid != user || isReadOnly || isMounted
        let isEverybodyMeant = given & 0o004 == 0 || (status.st_uid == 0 && isReadOnly) || isMounted
        return isGroupMeant && isEverybodyMeant
    }
}

/// A file cannot be used.
package struct PrivateFileError: Error, Equatable, CustomStringConvertible {
    package let path: String
    /// The system's number for the reason.
    package let code: Int32

    init(_ path: String, _ code: Int32) {
        self.path = path
        self.code = code
    }

    /// - Parameter error: Foundation's, which has the system's number in it.
    package init(_ path: String, _ error: any Error) {
        let error = error as NSError
        let cause = (error.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? error
        self.init(path, cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO)
    }

    /// `Permission denied` and the like: the end of a sentence.
    package var reason: String { String(cString: strerror(code)) }

    /// A sentence.
    package var description: String { "The file \(path) cannot be used: \(reason)." }
}

// Files that belong to this process alone, such as a store: only their owner can use them.
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

    /// True if there is a file or a directory of this path.
    ///
    /// - Throws: ``PrivateFileError`` if that cannot be seen.
    package static func exists(_ file: URL) throws(PrivateFileError) -> Bool {
        var status = stat()
        if stat(file.path, &status) == 0 { return true }
        guard [ENOENT, ENOTDIR].contains(errno) else { throw PrivateFileError(file.path, errno) }
        return false
    }

    /// Replaces the content of a file, which is created if it is missing.
    ///
    /// - Throws: ``PrivateFileError``.
    package static func write(_ text: String, to file: URL) throws(PrivateFileError) {
        try create(file)
        try restrictToOwner(file.path)
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
    package static func restrictToOwner(_ path: String) throws(PrivateFileError) -> Bool {
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
        try makeDirectory(file.deletingLastPathComponent().standardizedFileURL.path)
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw PrivateFileError(file.path, errno) }
        close(descriptor)
    }

    /// Makes a directory, and those above it; Foundation would not say why it cannot.
    private static func makeDirectory(_ path: String) throws(PrivateFileError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        let parent = (path as NSString).deletingLastPathComponent
        guard errno == ENOENT, !parent.isEmpty, parent != path else { throw PrivateFileError(path, errno) }
        try makeDirectory(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw PrivateFileError(path, errno) }
    }
}
