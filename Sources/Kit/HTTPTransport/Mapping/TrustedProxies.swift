import Glibc

/// The reverse proxies that are trusted to name a client's address and the service's URL.
public struct TrustedProxies: Sendable {
    private let networks: [Network]

    /// No proxy's fields.
    public static let none = TrustedProxies(networks: [])

    private init(networks: [Network]) {
        self.networks = networks
    }

    /// Proxies, by their addresses.
    ///
    /// - Parameter texts: IPv4 and IPv6 addresses, and networks in the notation of CIDR, such as `10.0.0.0/8`.
    /// - Throws: ``ProxyAddressError``.
    public init(_ texts: [String]) throws(ProxyAddressError) {
        var networks: [Network] = []
        for text in texts {
            guard let network = Network(text) else { throw ProxyAddressError(text: text) }
            networks.append(network)
        }
        self.networks = networks
    }

    /// The address of the client that a request comes from: the last that no trusted proxy has, of those that the
    /// proxies on the way have noted, each at the end of the list.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection, as ``IPAddress/text`` writes it.
    ///   - forwarded: the values of `Forwarded` (RFC 7239).
    ///   - forwardedFor: the values of `X-Forwarded-For`.
    /// - Returns: an address without a port; the peer's if it is no trusted proxy, or says nothing that can be trusted.
    func client(of peer: String, forwarded: String?, forwardedFor: String?) -> String {
        guard !networks.isEmpty, trusts(peer) else { return peer }
        let named = [forwarded.map(Self.addresses(ofForwarded:)), forwardedFor.map(Self.addresses(ofForwardedFor:))]
            .compactMap { $0 }.map { last(of: $0, before: peer) }
        guard let client = named.first, named.allSatisfy({ $0 == client }) else {
            // A proxy adds to one of the fields, and passes on what a client has put into the other.
            return peer
        }
        return client
    }

    /// True if there are none.
    public var isEmpty: Bool { networks.isEmpty }

    func trusts(_ address: String) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return networks.contains { $0.contains(address) }
    }

    private func last(of addresses: [String], before peer: String) -> String {
        var client = peer
        for text in addresses.reversed() {
            guard let address = IPAddress(text)?.text else { break }
            client = address
            guard trusts(address) else { break }
        }
        return client
    }

    private static func addresses(ofForwardedFor value: String) -> [String] {
        value.split(separator: ",", omittingEmptySubsequences: false).map { withoutPort($0) }
    }

    /// RFC 7239, section 4. An element without `for` hides the client.
    private static func addresses(ofForwarded value: String) -> [String] {
        elements(ofForwarded: value).map { $0["for"].map { withoutPort($0[...]) } ?? "" }
    }

    /// The parameters of each element, by their names in lower case, without quotes.
    static func elements(ofForwarded value: String) -> [[String: String]] {
        value.split(separator: ",", omittingEmptySubsequences: false).map { element in
            let pairs = element.split(separator: ";").map { pair in
                pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
            }
            return Dictionary(
                pairs.filter { $0.count == 2 }.map { ($0[0].lowercased(), $0[1]) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
    static func withoutPort(_ text: Substring) -> String {
        let text = text.filter { $0 != " " && $0 != "\t" }
        if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
        return text.filter { $0 == ":" }.count == 1 ? String(text.prefix { $0 != ":" }) : text
    }
}

/// A text that is not the address of a proxy.
public struct ProxyAddressError: Error, Sendable {
    /// The text that is neither address nor network.
    public let text: String
}

/// The URL by which the clients of a proxy reach the service, as the proxy names it.
public struct ForwardedURL: Sendable, Hashable {
    /// `https://example.org/shop/`, with a last slash.
    public let text: String
    /// True if the proxy has also named the path that it puts before the service's own. If it has not, there may be one.
    public let isComplete: Bool

    /// - Returns: `nil` if one of the parts cannot be part of a URL.
    init?(scheme: String?, host: String?, prefix: String?) {
        let (scheme, path) = (scheme ?? "http", prefix.map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? "/")
        guard ["http", "https"].contains(scheme), let host,
            host.wholeMatch(of: /([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/) != nil,
            path.wholeMatch(of: /\/([A-Za-z0-9._~%!$&'()*+,;=:@-]+\/)*/) != nil
        else { return nil }
        text = "\(scheme)://\(host)\(path)"
        isComplete = prefix != nil
    }
}

extension TrustedProxies {
    /// The URL by which a proxy's clients reach the service.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - headers: `Forwarded` (RFC 7239) goes before `X-Forwarded-Proto` and `-Host`. Of several values that counts which the
    ///     proxy that the client has reached has added, if each on the way has added one, as to `X-Forwarded-For`, and the last
    ///     otherwise. Without any, the host is that of the request.
    /// - Returns: `nil` if the peer is no trusted proxy, names no part of the URL, or names two: a proxy sets one of the
    ///   fields, and passes on what a client has put into the other.
    func baseURL(of peer: String, _ headers: RequestHeaders) -> ForwardedURL? {
        guard !isEmpty, trusts(peer) else { return nil }
        let element = headers.forwarded.flatMap { outermost(of: Self.elements(ofForwarded: $0)) }
        let way = headers.forwardedFor.map(Self.addresses(ofForwardedFor:)) ?? []
        let schemes = [element?["proto"], value(of: headers.forwardedProto, way)].compactMap { $0?.lowercased() }
        let hosts = [element?["host"], value(of: headers.forwardedHost, way)].compactMap { $0?.lowercased() }
        guard Set(schemes).count < 2, Set(hosts).count < 2 else { return nil }
        let (scheme, host) = (schemes.first, hosts.first)
        let prefix = value(of: headers.forwardedPrefix, way)
        guard scheme != nil || host != nil || prefix != nil else { return nil }
        return ForwardedURL(scheme: scheme, host: host ?? headers.host, prefix: prefix)
    }

    /// The element that the first of the trusted proxies on the way has added: the one that the client has reached.
    private func outermost(of elements: [[String: String]]) -> [String: String]? {
        var outermost: [String: String]?
        for element in elements.reversed() {
            outermost = element
            guard let address = element["for"], trusts(Self.withoutPort(address[...])) else { break }
        }
        return outermost
    }

    /// The value that the first of the trusted proxies on the way has added to a list.
    ///
    /// - Parameter addresses: those that the proxies were called from. If there are not as many values, some proxies add
    ///   none, and only the last value is certainly not the client's.
    private func value(of list: String?, _ addresses: [String]) -> String? {
        let values = list?.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } } ?? []
        guard values.count == addresses.count else { return values.last }
        let place = addresses.lastIndex { !trusts($0) } ?? 0
        return values.isEmpty ? nil : values[place]
    }
}

/// An address of IPv4 or IPv6. One of IPv4 within IPv6 is that of IPv4 (RFC 4291, section 2.5.5.2).
struct IPAddress: Equatable {
    /// 4 or 16.
    let bytes: [UInt8]

    init?(_ text: String) {
        // A zone belongs to the interface and not to the address.
        let text = String(text.prefix { $0 != "%" })
        var (v4, v6) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(bytes: withUnsafeBytes(of: v4) { Array($0) })
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(bytes: withUnsafeBytes(of: v6) { Array($0) })
        } else {
            return nil
        }
    }

    /// - Parameter bytes: 4 or 16; there is no address of another size.
    init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// The one way to write it (RFC 5952).
    var text: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Addresses that begin with the same bits (RFC 4632).
struct Network {
    private let base: IPAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let base = IPAddress(parts[0]) else { return nil }
        self.base = base
        let maxBits = base.bytes.count * 8
        guard parts.count == 2 else {
            bits = maxBits
            return
        }
        // The bits of an IPv4 address within IPv6 count from the beginning of that.
        let mapped = parts[0].contains(":") && maxBits == 32 ? 96 : 0
        guard parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let bits = Int(parts[1]),
            0...maxBits ~= bits - mapped
        else { return nil }
        self.bits = bits - mapped
    }

    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        for (index, byte) in base.bytes.enumerated() {
            let count = min(8, max(0, bits - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> count)
            guard (byte ^ address.bytes[index]) & mask == 0 else { return false }
        }
        return true
    }
}
