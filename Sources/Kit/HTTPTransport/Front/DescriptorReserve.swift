import Glibc

/// The descriptors that connections leave to the rest of the process: its other sockets, its files, its databases.
enum DescriptorReserve {
    /// A quarter of what the process may open, and no more than these.
    private static let maxSize = 256

    /// The number of descriptors that connections may still use; 0 or less if there are none.
    static var room: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        let total = Int(clamping: limit.rlim_cur)
        // The system always gives the lowest one that is free: all below it are in use.
        let lowest = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard lowest >= 0 else { return -1 }
        close(lowest)
        return total - min(total / 4, maxSize) - Int(lowest)
    }
}
