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
            self = .http(text)
        } else {
            self = .zeroMQ(try Address(text))
        }
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
