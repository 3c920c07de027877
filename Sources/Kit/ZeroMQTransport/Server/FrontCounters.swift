/// What a front has turned away without an answer, since its start.
public struct FrontCounters: Sendable, Equatable {
    /// Messages that broke the protocol and had no id to answer to.
    public internal(set) var dropped = 0
    /// Messages that broke the protocol and were answered so.
    public internal(set) var refused = 0
    /// Replies that a peer did not take: it was gone, or read too slowly.
    public internal(set) var undelivered = 0
}
