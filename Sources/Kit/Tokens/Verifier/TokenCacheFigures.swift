/// How well the memory of verified tokens does, since the process started.
public struct TokenCacheFigures: Sendable, Hashable {
    /// Tokens that were remembered.
    public internal(set) var hits = 0
    /// Tokens that had to be looked at, valid or not.
    public internal(set) var misses = 0
    /// Tokens that are remembered now.
    public internal(set) var count = 0
    /// Tokens that are known to be revoked now.
    public internal(set) var denied = 0

    public init(hits: Int = 0, misses: Int = 0, count: Int = 0, denied: Int = 0) {
        self.hits = hits
        self.misses = misses
        self.count = count
        self.denied = denied
    }
}
