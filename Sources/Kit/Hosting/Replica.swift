public import RPC

/// One of the processes that a service runs in, and the way there.
public struct Replica: Sendable {
    public let address: PeerAddress
    public let caller: any Caller
}

extension [Replica] {
    /// A way to all of them.
    public var caller: any Caller {
        count == 1 ? self[0].caller : ReplicaCaller(map(\.caller))
    }
}
