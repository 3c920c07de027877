public import Foundation

/// A document that the HTTP front serves on GET and HEAD beside the contract, such as `/metrics` or `/docs`. It has no
/// envelope, needs no token and is not counted as a call.
public struct Page: Sendable {
    /// Without fields; a last slash makes no difference.
    public let path: String
    public let contentType: String
    /// Further header fields, such as `Cache-Control`, without which a page is sent with `no-store`.
    public let headers: [String: String]
    /// The same in other media types, for requests whose `Accept` names one of those.
    public let alternatives: [Page]
    /// Makes the document, for each request anew.
    public let body: @Sendable () async -> Data
    /// Makes what comes in pieces in place of the body.
    let pieces: (@Sendable () -> AsyncStream<Data>)?

    public init(
        _ path: String, contentType: String, headers: [String: String] = [:], alternatives: [Page] = [],
        body: @escaping @Sendable () async -> Data
    ) {
        self.path = path
        self.contentType = contentType
        self.headers = headers
        self.alternatives = alternatives
        self.body = body
        pieces = nil
    }

    /// A document that comes in pieces, such as server-sent events: each is sent as soon as it is there, and the response
    /// ends with the stream, or with the next piece once the service is about to stop.
    public init(
        _ path: String, contentType: String, headers: [String: String] = [:],
        pieces: @escaping @Sendable () -> AsyncStream<Data>
    ) {
        self.path = path
        self.contentType = contentType
        self.headers = headers
        alternatives = []
        body = { Data() }
        self.pieces = pieces
    }
}
