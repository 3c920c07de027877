import Foundation

/// The identity of a file, whatever its name.
struct FileIdentity: Equatable, Codable {
    fileprivate let device: UInt64
    let node: UInt64

    /// True if it is the same file, as far as can be said after a new start of the machine, which may number devices anew.
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

    private init(_ status: stat) {
        identity = FileIdentity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
