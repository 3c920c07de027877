public import Foundation

/// A document that the HTTP front serves on GET and HEAD beside the contract, such as `/metrics` or `/docs`. It has no
/// envelope, needs no token and is not counted as a call.
public struct Page: Sendable {
    /// Without fields. A last slash makes no difference, but to hypertext: its links are relative to the path without one, and
    /// so the path with one leads there.
    public let path: String
    /// The media type of its content.
    public let contentType: String
    /// Further header fields, such as `Cache-Control`, without which a page is sent with `no-store`.
    public let headers: [String: String]
    /// The same in other media types, for requests whose `Accept` names one of those.
    public let alternatives: [Page]
    let content: Content

    enum Content: Sendable {
        /// The same in every response.
        case fixed(FixedContent)
        /// The same for all who reach the service by the same URL.
        case addressed(AddressedContent)
        /// Made for each.
        case made(@Sendable () async -> Data)
        /// Sent chunk by chunk, as they come.
        case chunks(@Sendable () -> AsyncStream<Data>)
        /// Elsewhere.
        case redirection(to: String)
    }

    private init(
        _ path: String, _ contentType: String, _ headers: [String: String], _ alternatives: [Page], _ content: Content
    ) {
        self.path = path
        self.contentType = contentType
        self.headers = headers
        self.alternatives = alternatives
        self.content = content
    }

    /// A document that stays the same. It has an entity tag, by which a client learns that it has it already.
    public init(
        _ path: String, contentType: String, headers: [String: String] = [:], alternatives: [Page] = [], content: Data
    ) {
        self.init(path, contentType, headers, alternatives, .fixed(FixedContent(content)))
    }

    /// A document that names the URL by which the service is reached.
    ///
    /// - Parameter content: makes the document for the URL that a trusted proxy has named; `nil` if none has.
    public init(
        _ path: String, contentType: String, headers: [String: String] = [:], alternatives: [Page] = [],
        addressed content: @escaping @Sendable (ForwardedURL?) -> Data
    ) {
        self.init(path, contentType, headers, alternatives, .addressed(AddressedContent(content)))
    }

    /// A document that is made for each request.
    public init(
        _ path: String, contentType: String, headers: [String: String] = [:], alternatives: [Page] = [],
        body: @escaping @Sendable () async -> Data
    ) {
        self.init(path, contentType, headers, alternatives, .made(body))
    }

    /// A document that comes in chunks, such as server-sent events: each is sent as soon as it is there, and the response
    /// ends with the stream, or with the next chunk once the service is about to stop. A chunk is one event, or several:
    /// between two chunks of server-sent events there may be a comment, by which proxies see that the stream lives.
    public init(
        _ path: String, contentType: String, headers: [String: String] = [:],
        chunks: @escaping @Sendable () -> AsyncStream<Data>
    ) {
        self.init(path, contentType, headers, [], .chunks(chunks))
    }

    /// A redirection, which no client keeps: another page may be at this path one day.
    ///
    /// - Parameter target: where to look instead, such as `docs`. It is relative to `path`, since a proxy may have put the
    ///   service below another path.
    public init(_ path: String, redirectingTo target: String) {
        self.init(path, "text/html; charset=utf-8", [:], [], .redirection(to: target))
    }

    /// A comment that clients pass over (HTML, section 9.2.5), if these are server-sent events.
    var heartbeat: StaticString { contentType.hasPrefix("text/event-stream") ? ":\n\n" : "" }

    /// True if it may have links.
    var isHypertext: Bool { contentType.hasPrefix("text/html") }
}

extension Page {
    /// The page that a request gets: of the media types that its `Accept` names, that with the greatest weight, of several
    /// the first; the page itself if it names none of them (RFC 9110, section 12.5.1).
    func variant(accepting accept: String?) -> Page {
        guard let accept, !alternatives.isEmpty else { return self }
        var best: (page: Page, weight: Double)?
        for range in accept.lowercased().split(separator: ",") {
            let parts = range.split(separator: ";", omittingEmptySubsequences: false).map(Self.plain)
            let isAny = parts[0] == "*/*"
            guard
                let page = ([self] + alternatives).first(where: { isAny || Self.mediaType($0.contentType) == parts[0] })
            else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if weight > best?.weight ?? 0 { best = (page, weight) }
        }
        return best?.page ?? self
    }

    /// Without parameters, in lower case.
    private static func mediaType(_ text: String) -> String {
        plain(text.lowercased().prefix { $0 != ";" })
    }

    private static func plain(_ text: Substring) -> String { text.filter { $0 != " " && $0 != "\t" } }
}
