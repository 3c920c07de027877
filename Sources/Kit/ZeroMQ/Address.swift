/// An address to which a socket binds or connects: `ipc:///run/shop/cart.sock`, `tcp://host:5040`, `inproc://name`.
///
/// A value that exists is well formed; whether the host resolves or the path can be written is known only at bind or
/// connect.
public struct Address: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        /// A Unix socket in the file system.
        case ipc(path: String)
        /// `port` 0 asks the kernel for a free port, which `Socket.bind(_:)` returns; it cannot be connected to.
        /// `host` is a name, an IPv4 address, an IPv6 address in brackets, or `*` for every interface (bind only).
        case tcp(host: String, port: UInt16)
        /// A name inside one `Context`.
        case inproc(name: String)
    }

    public let target: Target

    /// Parses an address.
    /// - Throws: `AddressError` with a sentence that says what is wrong.
    public init(_ text: String) throws(AddressError) {
        target = try Self.parse(text)
    }

    /// An address that libzmq itself has reported, or that is a constant of this module.
    init(known target: Target) {
        self.target = target
    }

    /// The host of a `tcp://` address, IPv6 in brackets.
    public var host: String? {
        if case .tcp(let host, _) = target { host } else { nil }
    }

    /// The same port at another host. An address without a host is the same.
    ///
    /// - Parameter host: a name, IPv4, or IPv6 in brackets.
    public func at(host: String) -> Address {
        guard case .tcp(_, let port) = target else { return self }
        return Address(known: .tcp(host: host, port: port))
    }

    public var isTCP: Bool {
        if case .tcp = target { true } else { false }
    }

    /// True if both ends are in this process.
    public var isInProcess: Bool {
        if case .inproc = target { true } else { false }
    }

    /// False for a wildcard port or host, which only a bind understands.
    public var isConnectable: Bool {
        if case .tcp(let host, let port) = target { port != 0 && host != "*" } else { true }
    }
}

extension Address: CustomStringConvertible {
    public var description: String {
        switch target {
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, let port): "tcp://\(host):\(port == 0 ? "*" : String(port))"
        case .inproc(let name): "inproc://\(name)"
        }
    }
}
