internal import EventLoop
internal import Glibc
internal import Sockets

/// The files of one `ipc://` bind: the directories, the lock beside the socket, the socket itself.
///
/// The lock is `flock`'s: the kernel releases it when its process ends, however it ends, so a lock that can be had
/// proves that whatever lies at the path is stale. Another opening of the file conflicts within one process, too.
final class SocketFile {
    private let path: String
    private let backlog: Int
    private let operation: String
    private var lock: Int32
    /// The socket's file, to distinguish it from another process's of the same name.
    private var identity: SocketFileIdentity?
    /// Bound and listening. libzmq closes it once `zmq_bind` has taken it.
    private(set) var descriptor: Int32

    /// - Parameter path: a relative one is bound as an absolute one if that is not too long: tools that remove old
    /// files look up the paths of living sockets.
    init(path: String, backlog: Int, operation: String) throws(ZeroMQError) {
        let path = Self.absolute(path)
        self.path = path
        self.backlog = backlog
        self.operation = operation
        try Self.makeDirectories(of: path, operation: operation)
        lock = try Self.acquireLock(path + ".lock", operation: operation)
        do {
            try Self.removeStale(path, operation: operation)
            descriptor = try Self.listen(path, backlog: backlog, operation: operation)
        } catch {
            unlink(path + ".lock")
            Glibc.close(lock)
            throw error
        }
        identity = SocketFileIdentity(at: path)
    }

    /// True while the path leads to this socket.
    var isInPlace: Bool { identity != nil && SocketFileIdentity(at: path) == identity }

    /// Listens anew after the file was removed, or replaced by something that is no living socket. The old descriptor
    /// is closed: no peer can reach it any more.
    ///
    /// - Throws: `ZeroMQError` `EADDRINUSE` if another process has taken the path.
    func restore() throws(ZeroMQError) {
        try Self.makeDirectories(of: path, operation: operation)
        if SocketFileIdentity(of: lock) != SocketFileIdentity(at: path + ".lock") {
            let lock = try Self.acquireLock(path + ".lock", operation: operation)
            Glibc.close(self.lock)
            self.lock = lock
        }
        try Self.removeStale(path, operation: operation)
        let descriptor = try Self.listen(path, backlog: backlog, operation: operation)
        Glibc.close(self.descriptor)
        self.descriptor = descriptor
        identity = SocketFileIdentity(at: path)
    }

    /// Removes the files, unless they are another process's by now, and gives up the lock. The socket goes first, so
    /// that a successor's is never removed.
    func release() {
        if isInPlace { unlink(path) }
        if SocketFileIdentity(of: lock) == SocketFileIdentity(at: path + ".lock") { unlink(path + ".lock") }
        Glibc.close(lock)
    }

    /// As `release()`, if libzmq has not taken the descriptor.
    func abandon() {
        Glibc.close(descriptor)
        release()
    }
}

/// The identity of a file in the system, whatever its name.
private struct SocketFileIdentity: Equatable {
    let device: dev_t
    let node: ino_t

    /// - Returns: `nil` if there is no such file. A link is not followed.
    init?(at path: String) {
        var found = stat()
        guard lstat(path, &found) == 0 else { return nil }
        (device, node) = (found.st_dev, found.st_ino)
    }

    init?(of descriptor: Int32) {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { return nil }
        (device, node) = (found.st_dev, found.st_ino)
    }
}

extension SocketFile {
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        let absolute = String(cString: folder) + "/" + path
        return absolute.utf8.count <= SocketAddress.maxPath ? absolute : path
    }

    private static func makeDirectories(of path: String, operation: String) throws(ZeroMQError) {
        for (index, character) in zip(path.indices, path) where character == "/" && index != path.startIndex {
            let directory = String(path[..<index])
            guard mkdir(directory, 0o700) != 0, errno != EEXIST, errno != EISDIR else { continue }
            let reason = errno
            if access(directory, F_OK) != 0 {
                errno = reason
                throw .system("\(operation): make the directory \(directory)")
            }
        }
    }

    /// Locks the file of that name. A holder that is leaving may have removed the file just opened; then again.
    private static func acquireLock(_ path: String, operation: String) throws(ZeroMQError) -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .system("\(operation): open the lock file \(path)") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                Glibc.close(descriptor)
                let isHeld = code == EWOULDBLOCK
                guard isHeld else { throw ZeroMQError(code: code, operation: "\(operation): lock \(path)") }
                throw inUse(operation, "a living process holds the lock file \(path)")
            }
            if SocketFileIdentity(of: descriptor) == SocketFileIdentity(at: path) { return descriptor }
            Glibc.close(descriptor)
        }
    }

    /// Removes a socket file at which no process listens. Its owner may be a program that does not know the lock, so a connection
    /// is tried.
    private static func removeStale(_ path: String, operation: String) throws(ZeroMQError) {
        var found = stat()
        guard lstat(path, &found) == 0 else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw inUse(operation, "\(path) is there and is not a socket")
        }
        let probe: Int32
        do { probe = try StreamSocket.make(AF_UNIX, operation) } catch { throw ZeroMQError(error) }
        defer { Glibc.close(probe) }
        // EAGAIN: a full backlog, so somebody listens.
        if SocketAddress(path: path).withPointer({ connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw inUse(operation, "a living process listens at \(path)")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("\(operation): remove the stale \(path)") }
    }

    /// No peer can connect before the mode is right.
    private static func listen(_ path: String, backlog: Int, operation: String) throws(ZeroMQError) -> Int32 {
        do {
            return try StreamSocket.listen(at: SocketAddress(path: path), backlog: backlog, operation) {
                chmod(path, 0o600) == 0
            }
        } catch {
            throw ZeroMQError(error)
        }
    }

    private static func inUse(_ operation: String, _ reason: String) -> ZeroMQError {
        ZeroMQError(code: EADDRINUSE, operation: operation, reason: reason)
    }
}
