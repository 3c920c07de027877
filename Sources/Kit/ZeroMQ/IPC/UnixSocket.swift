internal import Glibc

/// Sockets of the system at paths of the file system.
enum UnixSocket {
    /// A connection to whoever listens at a path, or `nil` where nobody does, or nobody has room.
    static func connected(to path: String) -> Int32? {
        guard let descriptor = try? make("connect") else { return nil }
        if withAddress(of: path, { connect(descriptor, $0, $1) }) == 0 { return descriptor }
        Glibc.close(descriptor)
        return nil
    }

    static func make(_ operation: String) throws(ZeroMQError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(operation) }
        return descriptor
    }

    /// `Address` has seen to it that the path fits.
    static func withAddress(
        of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(Address.longestPath)) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
