import NIOHTTP1

/// The pages of other origins that may read responses, by the CORS protocol of the Fetch standard.
public struct CORSPolicy: Sendable {
    private enum Rule {
        case none
        case any
        case only(Set<String>)
    }

    private let rule: Rule

    /// No page of another origin.
    public static let none = CORSPolicy(rule: .none)

    private init(rule: Rule) {
        self.rule = rule
    }

    /// A policy, by the origins that it allows.
    ///
    /// - Parameter origins: each `scheme://host` or `scheme://host:port` as browsers send it; `*` alone is every
    ///   origin, whose pages then cannot send credentials.
    /// - Throws: ``OriginError``.
    public init(_ origins: [String]) throws(OriginError) {
        if origins.contains("*") {
            guard origins == ["*"] else {
                throw OriginError(reason: "must be * or a list of origins, not both", origin: nil)
            }
            rule = .any
            return
        }
        for origin in origins where origin.wholeMatch(of: Self.form) == nil {
            throw OriginError(
                reason: "must be origins such as https://app.example:8443, without a path", origin: origin)
        }
        rule = origins.isEmpty ? .none : .only(Set(origins.map { Self.asSent($0.lowercased()) }))
    }

    /// Browsers leave out the port that the scheme has by itself.
    private static func asSent(_ origin: String) -> String {
        for (scheme, port) in [("http://", ":80"), ("https://", ":443")] where origin.hasPrefix(scheme) {
            if origin.hasSuffix(port) { return String(origin.dropLast(port.count)) }
        }
        return origin
    }

    /// An origin as browsers write it (RFC 6454, section 6.2). Unchecked, because `Regex` is not `Sendable`; this one
    /// never changes.
    private nonisolated(unsafe) static let form =
        /[A-Za-z][A-Za-z0-9+.\-]*:\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+)(:[0-9]+)?/

    /// The header fields that let a page read a response.
    ///
    /// - Parameter origin: the page's, if the request names one.
    func add(to headers: inout HTTPHeaders, for origin: String?) {
        switch rule {
        case .none: return
        case .any:
            guard origin != nil else { return }
            headers.add(name: Header.allowOrigin, value: "*")
        case .only(let origins):
            // A cache must not give one origin's response to another.
            headers.add(name: Header.vary, value: Header.origin)
            guard let origin, origins.contains(origin) else { return }
            headers.add(name: Header.allowOrigin, value: origin)
            headers.add(name: Header.allowCredentials, value: "true")
        }
        headers.add(name: Header.exposeHeaders, value: Self.exposed)
    }

    /// The header fields that answer a preflight request, besides those of ``add(to:for:)``.
    ///
    /// - Parameter fields: those that the page wants to send. It may send them all: what is not known here is passed over, and
    ///   libraries that watch a page add some to whatever it sends, such as `baggage`.
    func addPreflight(to headers: inout HTTPHeaders, methods: String, fields: String?) {
        if case .none = rule { return }
        headers.add(name: Header.allowMethods, value: methods)
        let known = Set(Self.accepted.map { $0.lowercased() })
        let others = (fields ?? "").split { ", \t".contains($0) }.filter {
            $0.utf8.allSatisfy(Self.isOfName) && !known.contains($0.lowercased())
        }
        headers.add(
            name: Header.allowHeaders, value: (Self.accepted + others.map(String.init)).joined(separator: ", "))
        headers.add(name: Header.maxAge, value: "7200")
        headers.add(name: Header.vary, value: "Access-Control-Request-Method, Access-Control-Request-Headers")
    }

    /// The fields that a page may read beyond the fields that the Fetch standard always shows.
    private static let exposed = [
        Header.requestID, Header.traceParent, Header.retryAfter, Header.serverTiming, Header.wwwAuthenticate,
        Header.processed, Header.allow, Header.date, Header.eTag,
    ].joined(separator: ", ")

    /// The fields that a page may send beyond the fields that the Fetch standard always permits.
    private static let accepted = [
        Header.authorization, Header.contentType, Header.ifNoneMatch, Header.prefer, Header.requestID, Header.timeout,
        Header.token, Header.traceParent, Header.traceState,
    ]

    /// The characters of a field's name (RFC 9110, section 5.6.2).
    private static func isOfName(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !#"()<>@,;:\"/[]?={}"#.utf8.contains(byte)
    }
}

/// An origin that cannot be allowed: the end of a sentence that begins with the setting's name.
public struct OriginError: Error, Sendable {
    /// The end of a sentence that begins with the text.
    public let reason: String
    /// The one that is wrong; `nil` if none is by itself.
    public let origin: String?
}
