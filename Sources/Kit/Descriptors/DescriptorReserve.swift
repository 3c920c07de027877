internal import Glibc

/// The number of files and sockets that the process may have open.
public enum DescriptorLimit {
    /// A number that is enough for any service; some systems allow a thousand million.
    private static let enough: rlim_t = 65_536

    /// The number now; `Int.max` if there is no limit.
    public static var current: Int { Int(clamping: limits.rlim_cur) }

    /// Allows as many as the system lets the process allow itself. Most systems start processes with a thousand.
    public static func raise() {
        var limits = limits
        limits.rlim_cur = max(limits.rlim_cur, min(limits.rlim_max, enough))
        setrlimit(kind, &limits)
    }

    private static var limits: rlimit {
        var limits = rlimit(rlim_cur: .max, rlim_max: .max)
        getrlimit(kind, &limits)
        return limits
    }

    private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}

/// The descriptors that connections leave to the rest of the process: its files, its databases, its calls to others.
///
/// All listeners follow one rule. Together their connections leave a quarter of what the process may open, 256 at most;
/// one listener takes no more than half of the rest, so that a crowd at it does not shut the others; and each may have a
/// few in any case, from the reserve, so that whoever comes to it is served even if others have taken all.
public enum DescriptorReserve {
    private static let maxSize = 256
    /// The connections that a listener may have in any case.
    private static let minConnections = 4

    /// The number of connections that a listener may still accept; negative if it has too many.
    ///
    /// - Parameters:
    ///   - count: the connections that it has.
    ///   - limit: the most that it is to have.
    public static func room(for count: Int, of limit: Int) -> Int {
        let total = DescriptorLimit.current
        let usable = total - min(total / 4, maxSize)
        // The system always gives the lowest one that is free: all below it are in use.
        let lowest = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard lowest >= 0 else { return -1 }
        close(lowest)
        let room = min(min(limit, usable / 2) - count, usable - Int(lowest))
        return max(room, min(limit, minConnections) - count)
    }
}
