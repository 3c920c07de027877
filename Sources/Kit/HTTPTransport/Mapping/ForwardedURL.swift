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
    ///   - headers: `Forwarded` (RFC 7239) goes before `X-Forwarded-Proto` and `-Host`; of several values the last one counts,
    ///     which the nearest proxy has added. Without any, the host is that of the request.
    /// - Returns: `nil` if the peer is no trusted proxy, names no part of the URL, or names two: a proxy sets one of the
    ///   fields, and passes on what a client has put into the other.
    func baseURL(of peer: String, _ headers: RequestHeaders) -> ForwardedURL? {
        guard !isEmpty, trusts(peer) else { return nil }
        let element = headers.forwarded.flatMap { outermost(of: Self.elements(ofForwarded: $0)) }
        let schemes = [element?["proto"], last(of: headers.forwardedProto)].compactMap { $0?.lowercased() }
        let hosts = [element?["host"], last(of: headers.forwardedHost)].compactMap { $0?.lowercased() }
        guard Set(schemes).count < 2, Set(hosts).count < 2 else { return nil }
        let (scheme, host) = (schemes.first, hosts.first)
        let prefix = last(of: headers.forwardedPrefix)
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

    private func last(of value: String?) -> String? {
        value?.split(separator: ",").last.map { $0.filter { $0 != " " && $0 != "\t" } }
    }
}
