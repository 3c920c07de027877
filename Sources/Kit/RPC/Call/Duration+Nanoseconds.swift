extension Duration {
    /// In whole nanoseconds, a century at most: a longer time is somebody's mistake, and must not overflow what is added.
    package var nanoseconds: Int64 {
        // A division of 64 bits, where it will do, costs a tenth of one of 128.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(min(max(attoseconds / 1_000_000_000, -Self.century), Self.century))
    }

    private static let century: Int128 = 100 * 366 * 86_400 * 1_000_000_000
}
