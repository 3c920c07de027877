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
