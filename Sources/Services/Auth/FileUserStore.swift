public import Foundation

/// Users in a JSON file that only its owner can read. Each change is written whole to a new file, which then takes the old
/// one's place; two processes that change it at once take turns.
public struct FileUserStore: FileUsers {
    private let file: URL
    private let queue = DispatchQueue(label: "users")

    /// - Parameter file: made with the first user; until then there are none.
    public init(_ file: URL) {
        self.file = file
    }

    public func user(named name: String) async throws -> FileUser? {
        try await all().first { $0.name == name }
    }

    public func all() async throws -> [FileUser] {
        try await offThread { try read() }
    }

    public func save(_ user: FileUser) async throws {
        try await change { users in
            users.removeAll { $0.name == user.name }
            users.append(user)
        }
    }

    public func remove(named name: String) async throws -> Bool {
        try await change { users in
            let before = users.count
            users.removeAll { $0.name == name }
            return users.count < before
        }
    }

    private func change<Result: Sendable>(_ edit: @escaping @Sendable (inout [FileUser]) -> Result) async throws
        -> Result
    {
        try await offThread {
            let lock = try lock()
            defer { try? lock.close() }
            var users = try read()
            let result = edit(&users)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try write(encoder.encode(users.sorted { $0.name < $1.name }))
            return result
        }
    }

    /// A lock that other processes wait for until the handle is closed.
    private func lock() throws -> FileHandle {
        let handle = try ownFile(file.appendingPathExtension("lock"))
        guard flock(handle.fileDescriptor, LOCK_EX) == 0 else { throw CocoaError(.fileLocking) }
        return handle
    }

    /// Whoever reads finds the old file or the new one, and after a crash too: the bytes are on disk before the name is.
    private func write(_ data: Data) throws {
        let draft = file.appendingPathExtension("new")
        let handle = try ownFile(draft)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(draft.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        let directory = try FileHandle(forReadingFrom: file.deletingLastPathComponent())
        try? directory.synchronize()
        try directory.close()
    }

    /// Opens a file that only its owner can use from now on, and makes it where it is missing.
    private func ownFile(_ url: URL) throws -> FileHandle {
        let directory = url.deletingLastPathComponent()
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else { throw CocoaError(.fileWriteNoPermission) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private func read() throws -> [FileUser] {
        guard FileManager.default.fileExists(atPath: file.path) else { return [] }
        return try JSONDecoder().decode([FileUser].self, from: Data(contentsOf: file))
    }

    /// Files block: they are read and written on a thread of the store's own.
    private func offThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: .init(catching: work)) }
        }
    }
}
