package import Foundation

/// A new file that gets its name once it is whole. Until then it is called `NAME.partial`: what a killed process leaves has that
/// name, and is replaced by the next draft.
///
/// Its writer holds a lock on it, which the system releases with the process.
package final class DraftFile: Sendable {
    /// The file to write; it is there, empty, for its owner only.
    package let url: URL
    private let file: URL
    private let descriptor: Int32

    /// - Parameter file: the file that is to be.
    /// - Throws: ``PrivateFileError``: `EEXIST` if the file is there, `EBUSY` if somebody is writing it.
    package init(of file: URL) throws(PrivateFileError) {
        guard try !PrivateFile.exists(file) else { throw PrivateFileError(file.path, EEXIST) }
        self.file = file
        url = file.appendingPathExtension("partial")
        descriptor = try Self.create(url.path)
    }

    deinit { close(descriptor) }

    /// Gives the file its name, once its content is on the disk.
    ///
    /// - Throws: ``PrivateFileError``, of `EEXIST` if such a file has come meanwhile; the draft is there still.
    package func publish() throws(PrivateFileError) {
        try PrivateFile.synchronize(url)
        // Unlike a rename, a link replaces no file. FAT has none.
        if link(url.path, file.path) == 0 {
            unlink(url.path)
        } else {
            guard ![EEXIST, ENOENT].contains(errno), try !PrivateFile.exists(file), rename(url.path, file.path) == 0
            else { throw PrivateFileError(file.path, errno) }
        }
        try PrivateFile.synchronize(file.deletingLastPathComponent())
    }

    package func remove() { unlink(url.path) }

    /// Makes the file and locks it. Only the process that holds the lock of the file with this name may write or remove it.
    private static func create(_ path: String) throws(PrivateFileError) -> Int32 {
        while true {
            var descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            let isNew = descriptor >= 0
            let isTaken = !isNew && errno == EEXIST
            if isTaken { descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
            guard descriptor >= 0 else {
                // Its writer has published or removed it in between.
                if isTaken, errno == ENOENT { continue }
                throw PrivateFileError(path, errno)
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw PrivateFileError(path, EBUSY)
            }
            let isThere = isFile(descriptor, at: path)
            if isNew, isThere { return descriptor }
            // Its writer was killed, or has just published or removed it.
            let isInTheWay = isThere && unlink(path) != 0 && errno != ENOENT
            let reason = errno
            close(descriptor)
            if isInTheWay { throw PrivateFileError(path, reason) }
        }
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && (opened.st_dev, opened.st_ino) == (named.st_dev, named.st_ino)
    }
}
