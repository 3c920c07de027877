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
    /// Nobody but the owner may write. Others than the owner may read only what they were given on purpose:
    /// - the group, if this process is not the owner (`0640` of root's, read by way of the group), or if nobody may write at
    ///   all (`0440`);
    /// - everybody, if root is the owner and nobody may write at all: Swarm mounts secrets as `0444`;
    /// - both, if the file is on a read-only mount and root or somebody else is the owner: Kubernetes mounts secrets as
    ///   `0644` and `0640` of root's, Compose mounts files as they are on its machine, where they have another owner.
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
    init(_ path: String, _ error: any Error) {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
        self.init(path, cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO)
    }

    /// `Permission denied` and the like: the end of a sentence.
    package var reason: String { String(cString: strerror(code)) }

    /// A sentence.
    package var description: String { "The file \(path) cannot be used: \(reason)." }
}
