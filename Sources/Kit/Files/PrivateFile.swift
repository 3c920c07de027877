package import Foundation

/// The content of a file that may hold secrets, and whether it is kept from strangers.
///
/// The file that is judged is the one that is read: its open descriptor is looked at, so that links are followed and nothing
/// can be put in its place in between.
package struct PrivateFile: Sendable {
    package let data: Data
    /// False if somebody may read or change it who has no business with it. See ``isPrivate(_:isReadOnlyMount:user:)``.
    package let isPrivate: Bool
    /// True for `/dev/null` and its like.
    package let isDevice: Bool

    private static let maximumSize = 1_048_576
    /// `O_PATH` of Linux, which Glibc shows to C only.
    private static let pathOnly: Int32 = 0o10_000_000

    /// Reads a file, or a pipe to its end.
    ///
    /// - Throws: ``PrivateFileError`` if it cannot be read, or holds more than 1 MiB.
    package init(_ path: String) throws(PrivateFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PrivateFileError(errno) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        var mount = statvfs()
        guard fstat(descriptor, &status) == 0, fstatvfs(descriptor, &mount) == 0 else { throw PrivateFileError(errno) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw PrivateFileError(EISDIR) }
        isDevice = status.st_mode & S_IFMT == S_IFCHR
        isPrivate = Self.isPrivate(
            status, isReadOnlyMount: mount.f_flag & UInt(ST_RDONLY) != 0, user: geteuid())
        var data = Data()
        do {
            while let more = try handle.read(upToCount: 65_536), !more.isEmpty {
                data += more
                guard data.count <= Self.maximumSize else { throw PrivateFileError(EFBIG) }
            }
        } catch let error as PrivateFileError {
            throw error
        } catch {
            throw PrivateFileError(EIO)
        }
        self.data = data
    }

    /// The rule for files that hold secrets. Only regular files are judged; a pipe has one reader.
    ///
    /// Nobody but the owner may write. Others than the owner may read only what they were given on purpose:
    /// - the group, if this process is not the owner (`0640` of root's, read by way of the group), or if nobody may write at
    ///   all (`0440`);
    /// - everybody, if root is the owner and nobody may write at all: Docker Compose and Swarm mount secrets as `0444`;
    /// - both, if root is the owner and the file is on a read-only mount: Kubernetes mounts secrets as `0644` and `0640`.
    static func isPrivate(_ status: stat, isReadOnlyMount: Bool, user: uid_t) -> Bool {
        guard status.st_mode & S_IFMT == S_IFREG else { return true }
        let given = status.st_mode & 0o077
        guard given & 0o033 == 0 else { return false }
        let isReadOnly = status.st_mode & 0o222 == 0
        let isMountedByRoot = status.st_uid == 0 && isReadOnlyMount
        let isGroupMeant = given & 0o040 == 0 || status.st_uid != user || isReadOnly || isMountedByRoot
        let isEverybodyMeant = given & 0o004 == 0 || (status.st_uid == 0 && isReadOnly) || isMountedByRoot
        return isGroupMeant && isEverybodyMeant
    }

    /// Takes from group and others what they may do with a file that belongs to this process alone, such as its store:
    /// `fsGroup` of Kubernetes adds it at each mount. Locks that the process has on the file stay: to close a descriptor of
    /// another kind than `O_PATH` would drop SQLite's.
    ///
    /// - Returns: true if something was taken away.
    /// - Throws: ``PrivateFileError`` if the process is not the owner.
    package static func keepToOwner(_ path: String) throws(PrivateFileError) -> Bool {
        let descriptor = open(path, pathOnly | O_CLOEXEC)
        guard descriptor >= 0 else { throw PrivateFileError(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw PrivateFileError(errno) }
        guard status.st_mode & 0o077 != 0 else { return false }
        guard chmod("/proc/self/fd/\(descriptor)", status.st_mode & 0o700) == 0 else { throw PrivateFileError(errno) }
        return true
    }
}

/// The reason why a file cannot be used, as the system gives it.
package struct PrivateFileError: Error, Equatable, CustomStringConvertible {
    package let code: Int32

    init(_ code: Int32) {
        self.code = code
    }

    /// `Permission denied` and the like: the end of a sentence.
    package var description: String { String(cString: strerror(code)) }
}
