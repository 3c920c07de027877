import Foundation
public import RPC
public import ZeroMQ

/// An address of a service, which chooses the transport: `ipc://`, `tcp://` and `inproc://` are ZeroMQ, `http://` is
/// HTTP.
public enum PeerAddress: Sendable, Hashable {
    case zeroMQ(Address)
    case http(String)

    /// - Throws: `AddressError`, with a sentence on what is wrong.
    public init(_ text: String) throws(AddressError) {
        if text.hasPrefix("http://") || text.hasPrefix("https://") {
            if let reason = Self.fault(ofURL: text) { throw AddressError(text: text, reason: reason) }
            self = .http(text)
        } else if ["ipc://", "tcp://", "inproc://"].contains(where: text.hasPrefix) {
            self = .zeroMQ(try Address(text))
        } else {
            throw AddressError(text: text, reason: "it begins with none of ipc://, tcp://, http://, https://")
        }
    }

    private static func fault(ofURL text: String) -> String? {
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty else {
            return "it is not a URL with a host"
        }
        guard url.port.map({ (1...65_535).contains($0) }) ?? true else {
            return "the port is not a number from 1 to 65535"
        }
        guard url.user == nil, url.query == nil, url.fragment == nil else {
            return "it has more than a host, a port and a path"
        }
        return nil
    }

    /// The wire alone: `ipc`, `tcp`, `inproc` or `http`.
    public var scheme: String {
        switch self {
        case .http: "http"
        case .zeroMQ(let address): String(address.description.prefix { $0 != ":" })
        }
    }

    /// The transport that it chooses.
    public var transport: Transport {
        switch self {
        case .http: .http
        case .zeroMQ: .zeroMQ
        }
    }

    /// The name of its host, which may lead to several places; `nil` for a path or a host in digits.
    var hostName: String? {
        let host =
            switch self {
            case .http(let url): URL(string: url)?.host()
            case .zeroMQ(let address): address.host
            }
        return host.flatMap { HostNames.isNumeric($0) ? nil : $0 }
    }
}

extension PeerAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .http(let url): url
        case .zeroMQ(let address): address.description
        }
    }
}

/// One of the processes that a service runs in, and the way there.
public struct Replica: Sendable {
    /// As the settings name it.
    public let address: PeerAddress
    /// The place in digits, if a name led to it.
    public let place: String?
    /// Calls all replicas at this address.
    public let caller: any Caller
}

/// An address of a service in the settings, and how to connect to it.
public struct ReplicaSource: Sendable {
    /// The address, as it was set.
    public let address: PeerAddress
    let connect: @Sendable (_ place: String?) async throws -> any Caller

    /// - Parameter connect: makes a caller; to a place, if it is given one, in place of the address's host. Throws
    ///   if there can be none, as for want of descriptors.
    public init(
        _ address: PeerAddress, connect: @escaping @Sendable (_ place: String?) async throws -> any Caller
    ) {
        self.address = address
        self.connect = connect
    }
}

/// Finds the addresses that the name of a host leads to.
public struct HostResolver: Sendable {
    let addresses: @Sendable (_ name: String) async throws -> [String]

    /// - Parameter addresses: returns them in digits, IPv6 in brackets; throws if the name is not known, or no server of names
    ///   can be reached.
    public init(_ addresses: @escaping @Sendable (_ name: String) async throws -> [String]) {
        self.addresses = addresses
    }

    /// The system's: its file of hosts, DNS, and all else that `nsswitch.conf` names.
    public static let system = HostResolver { try await HostNames.addresses(of: $0) }
}
