/// Counters of a verifier since the process started.
public struct VerifierStatistics: Sendable, Hashable {
    /// Tokens that were remembered.
    public internal(set) var hits = 0
    /// Tokens that had to be looked at, valid or not.
    public internal(set) var misses = 0
    /// Tokens that are remembered now.
    public internal(set) var count = 0
    /// Tokens that are known to be revoked now.
    public internal(set) var denied = 0
    /// The number of times that the source was asked for keys and revocations. Events that come make it unnecessary.
    public internal(set) var fetches = 0

    public init(hits: Int = 0, misses: Int = 0, count: Int = 0, denied: Int = 0, fetches: Int = 0) {
        self.hits = hits
        self.misses = misses
        self.count = count
        self.denied = denied
        self.fetches = fetches
    }
}
