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
}
