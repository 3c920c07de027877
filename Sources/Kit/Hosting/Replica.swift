public import RPC

/// One of the processes that a service runs in, and the way there.
public struct Replica: Sendable {
    /// As the settings name it.
    public let address: PeerAddress
    /// The place in digits, if a name led to it.
    public let place: String?
    public let caller: any Caller
}

/// An address of a service in the settings, and how to connect to it.
public struct ReplicaSource: Sendable {
    public let address: PeerAddress
    let connect: @Sendable (_ place: String?) async throws -> any Caller

    /// - Parameter connect: makes a caller; to a place, if it is given one, in place of the address's host.
    public init(
        _ address: PeerAddress, connect: @escaping @Sendable (_ place: String?) async throws -> any Caller
    ) {
        self.address = address
        self.connect = connect
    }
}
