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
}
