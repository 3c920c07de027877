internal import Glibc

/// The files of one `ipc://` bind: the directory, the lock beside the socket, the socket itself.
///
/// The lock is `flock`'s: the kernel releases it when its process dies, however it dies, so a lock that can be had proves
/// that whatever lies at the path is stale. Another opening of the file conflicts within one process, too.
final class IPCFiles {
    private let path: String
    private let lock: Int32
    /// Bound and listening. libzmq closes it once `zmq_bind` has taken it.
    let descriptor: Int32

    init(path: String, backlog: Int, operation: String) throws(ZeroMQError) {
        self.path = path
        try Self.makeDirectories(of: path, operation: operation)
        let lock = try Self.takeLock(path + ".lock", operation: operation)
        do {
            try Self.removeStale(path, operation: operation)
            descriptor = try Self.listen(path, backlog: backlog, operation: operation)
        } catch {
            unlink(path + ".lock")
            Glibc.close(lock)
            throw error
        }
        self.lock = lock
    }

    /// Removes the files and gives up the lock. The socket file goes first, so that a successor's is never removed.
    func release() {
        unlink(path)
        unlink(path + ".lock")
        Glibc.close(lock)
    }

    /// As `release()`, where libzmq has not taken the descriptor.
    func abandon() {
        Glibc.close(descriptor)
        release()
    }

    private static func makeDirectories(of path: String, operation: String) throws(ZeroMQError) {
        for (index, character) in zip(path.indices, path) where character == "/" && index != path.startIndex {
            let directory = String(path[..<index])
            if mkdir(directory, 0o700) != 0, errno != EEXIST, errno != EISDIR {
                throw .system("\(operation): make the directory \(directory)")
            }
        }
    }

    /// Locks the file of that name. A holder that is leaving may have removed the file just opened; then again.
    private static func takeLock(_ path: String, operation: String) throws(ZeroMQError) -> Int32 {
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
            if isSameFile(descriptor, path) { return descriptor }
            Glibc.close(descriptor)
        }
    }

    private static func isSameFile(_ descriptor: Int32, _ path: String) -> Bool {
        var opened = stat()
        var named = stat()
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    private static func inUse(_ operation: String, _ reason: String) -> ZeroMQError {
        ZeroMQError(code: EADDRINUSE, operation: operation, reason: reason)
    }
}

extension IPCFiles {
    /// Removes a socket file nobody listens at. Its owner may be a program that does not know the lock, so it is asked.
    private static func removeStale(_ path: String, operation: String) throws(ZeroMQError) {
        var found = stat()
        guard lstat(path, &found) == 0 else { return }
        guard found.st_mode & S_IFMT == S_IFSOCK else {
            throw inUse(operation, "\(path) is there and is not a socket")
        }
        let probe = try UnixSocket.make(operation)
        defer { Glibc.close(probe) }
        // EAGAIN: a full backlog, so somebody listens.
        if UnixSocket.withAddress(of: path, { connect(probe, $0, $1) }) == 0 || errno == EAGAIN {
            throw inUse(operation, "a living process listens at \(path)")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("\(operation): remove the stale \(path)") }
    }

    /// Nobody can connect before `listen`, and by then the mode is right.
    private static func listen(_ path: String, backlog: Int, operation: String) throws(ZeroMQError) -> Int32 {
        let descriptor = try UnixSocket.make(operation)
        guard
            UnixSocket.withAddress(of: path, { Glibc.bind(descriptor, $0, $1) }) == 0,
            chmod(path, 0o600) == 0,
            Glibc.listen(descriptor, Int32(clamping: backlog)) == 0
        else {
            let error = ZeroMQError.system(operation)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }
}
