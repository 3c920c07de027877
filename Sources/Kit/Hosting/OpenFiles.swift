import Foundation

/// The number of files and sockets that the process may have open.
public enum OpenFiles {
    /// A number that is enough for any service; some systems allow a thousand million.
    private static let enough: rlim_t = 65_536

    /// Allows as many as the system lets the process allow itself. Most systems start processes with a thousand.
    public static func raiseLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let files = RLIMIT_NOFILE
        #endif
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, enough))
        setrlimit(files, &limit)
    }
}
