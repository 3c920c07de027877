import ZeroMQ

/// Finds the addresses that the name of a host leads to.
public struct HostResolver: Sendable {
    let addresses: @Sendable (_ name: String) async throws -> [String]

    /// - Parameter addresses: returns them in digits, IPv6 in brackets; throws if the name is not known, or nobody can be
    ///   asked.
    public init(_ addresses: @escaping @Sendable (_ name: String) async throws -> [String]) {
        self.addresses = addresses
    }

    /// The system's: its file of hosts, DNS, and all else that `nsswitch.conf` names.
    public static let system = HostResolver { try await HostNames.addresses(of: $0) }
}
