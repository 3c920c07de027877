internal import Sockets

/// An address to which a socket binds or connects: `ipc:///run/shop/cart.sock`, `tcp://host:5040`, `inproc://name`.
///
/// A value that exists is well formed; whether the host resolves or the path can be written is known only at bind or
/// connect.
public struct Address: Sendable, Hashable {
    /// The place that an address names.
    public enum Target: Sendable, Hashable {
        /// A Unix socket in the file system.
        case ipc(path: String)
        /// `port` 0 requests a free port from the kernel, which `Socket.bind(_:)` returns; it cannot be connected to.
        /// `host` is a name, an IPv4 address, an IPv6 address in brackets, or `*` for every interface (bind only).
        case tcp(host: String, port: UInt16)
        /// A name inside one `Context`.
        case inproc(name: String)
    }

    /// The place, by its transport.
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

    /// True if it is `tcp://`.
    public var isTCP: Bool {
        if case .tcp = target { true } else { false }
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

extension Address {
    private static let maxName = 255

    static func parse(_ text: String) throws(AddressError) -> Target {
        func refuse(_ reason: String) -> AddressError { AddressError(text: text, reason: reason) }
        guard let separator = text.firstRange(of: "://") else {
            throw refuse("it begins with none of ipc://, tcp://, inproc://")
        }
        let rest = text[separator.upperBound...]
        guard !rest.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7F }) else {
            throw refuse("it holds a space or a control character")
        }
        do throws(Malformed) {
            switch text[..<separator.lowerBound] {
            case "ipc": return .ipc(path: try path(rest))
            case "tcp": return try hostAndPort(rest)
            case "inproc": return .inproc(name: try name(rest))
            case let scheme: throw Malformed("\(scheme):// is not one of ipc://, tcp://, inproc://")
            }
        } catch {
            throw refuse(error.reason)
        }
    }

    private struct Malformed: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func path(_ text: Substring) throws(Malformed) -> String {
        guard !text.isEmpty else { throw Malformed("the path is missing") }
        guard !text.hasPrefix("@") else { throw Malformed("abstract names (@…) have no permissions; use a path") }
        guard text != "*", !text.hasSuffix("/") else { throw Malformed("the path must name a file") }
        let limit = SocketAddress.maxPath
        guard text.utf8.count <= limit else {
            throw Malformed("the path has \(text.utf8.count) bytes, and the system allows \(limit)")
        }
        return String(text)
    }

    private static func name(_ text: Substring) throws(Malformed) -> String {
        guard !text.isEmpty else { throw Malformed("the name is missing") }
        guard text.utf8.count <= maxName else { throw Malformed("the name is longer than \(maxName) bytes") }
        return String(text)
    }

    private static func hostAndPort(_ text: Substring) throws(Malformed) -> Target {
        guard let colon = text.lastIndex(of: ":") else { throw Malformed("the port is missing") }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard !host.isEmpty else { throw Malformed("the host is missing") }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        guard isBracketed || !host.contains(where: { "[]:/;@".contains($0) }) else {
            throw Malformed("the host is not a name, an IPv4 address, or an IPv6 address in brackets")
        }
        if port == "*" { return .tcp(host: String(host), port: 0) }
        guard !port.isEmpty, port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port) else {
            throw Malformed("the port is not a number from 0 to 65535, nor *")
        }
        return .tcp(host: String(host), port: number)
    }
}

/// The reason why a text is not an address. `description` is a sentence for a person who wrote a setting.
public struct AddressError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text that is no address.
    public let text: String
    /// The end of a sentence that says why.
    public let reason: String

    package init(text: String, reason: String) {
        self.text = text
        self.reason = reason
    }

    public var description: String { "\"\(text)\" is not an address: \(reason)." }
}
