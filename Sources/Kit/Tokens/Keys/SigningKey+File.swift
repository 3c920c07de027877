import Foundation

// A key file is a JWK (RFC 8037) that only its owner can read. All of this blocks, and belongs to the start of a process.
extension SigningKey {
    /// A file that is longer is not a key.
    private static let longestFile = 4096

    /// Reads a key from its file.
    ///
    /// - Throws: ``SigningKeyError`` where the file is not there, is not a key, or can be read by others than its owner.
    public init(contentsOf path: String) throws(SigningKeyError) {
        // O_NONBLOCK: a pipe in the file's place must not hold the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SigningKeyError(path, "cannot be opened", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SigningKeyError(path, "cannot be looked at", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SigningKeyError("The key file \(path) is not a file.") }
        guard status.st_mode & 0o077 == 0 else {
            throw SigningKeyError(
                "The key file \(path) can be used by others than its owner. Take that away: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: Self.longestFile + 1)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw SigningKeyError(path, "cannot be read", errno: errno) }
        guard count <= Self.longestFile, let key = SigningKey(jwk: Data(bytes[..<count])) else {
            throw SigningKeyError("The key file \(path) is damaged, or is not an Ed25519 key as a JWK (RFC 8037).")
        }
        self = key
    }

    /// Writes the key to its file, in place of what was there. A reader finds the old file or the new one, never a part.
    ///
    /// The directory is made, for its owner alone, where it is missing.
    ///
    /// - Throws: ``SigningKeyError``; the file is then as it was.
    public func save(to path: String) throws(SigningKeyError) {
        let draft = try writeDraft(for: path)
        guard rename(draft, path) == 0 else {
            let error = SigningKeyError(path, "cannot be replaced", errno: errno)
            unlink(draft)
            throw error
        }
        try Self.sync(directoryOf: path)
    }

    /// Reads the key from its file, or makes one where there is no file yet.
    ///
    /// Processes that start at once all end with one key: that of the first to bring its file there.
    ///
    /// - Throws: ``SigningKeyError``. A file that cannot be used is never replaced.
    public static func loadOrCreate(at path: String) throws(SigningKeyError) -> SigningKey {
        guard access(path, F_OK) != 0 else { return try SigningKey(contentsOf: path) }
        let draft = try SigningKey().writeDraft(for: path)
        defer { unlink(draft) }
        // Unlike a renaming, a link never replaces a file that another process has just brought.
        guard link(draft, path) == 0 || errno == EEXIST else {
            throw SigningKeyError(path, "cannot be made", errno: errno)
        }
        try sync(directoryOf: path)
        return try SigningKey(contentsOf: path)
    }

    /// - Returns: the path of a new file beside the other one, that holds the key and is on the disk.
    private func writeDraft(for path: String) throws(SigningKeyError) -> String {
        try Self.makeDirectory(Self.directory(of: path))
        let draft = "\(path).\(UInt64.random(in: .min ... .max)).draft"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SigningKeyError(path, "cannot be written", errno: errno) }
        defer { close(descriptor) }
        let bytes = Array((try? jwk) ?? Data())
        guard !bytes.isEmpty, write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let error = SigningKeyError(path, "cannot be written", errno: errno)
            unlink(draft)
            throw error
        }
        return draft
    }

    private static func directory(of path: String) -> String {
        let directory = (path as NSString).deletingLastPathComponent
        return directory.isEmpty ? "." : directory
    }

    private static func makeDirectory(_ path: String) throws(SigningKeyError) {
        guard access(path, F_OK) != 0 else { return }
        try makeDirectory(directory(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw SigningKeyError("The directory \(path) cannot be made: \(describe(errno)).")
        }
    }

    /// Brings the name of a file to the disk, after the file itself.
    private static func sync(directoryOf path: String) throws(SigningKeyError) {
        let descriptor = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SigningKeyError(path, "may not outlast a crash", errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SigningKeyError(path, "may not outlast a crash", errno: errno) }
    }
}

/// What the system calls an error.
func describe(_ errno: Int32) -> String {
    String(cString: strerror(errno))
}
