import NIOHTTP1

/// The header fields that belong to this kit, and the others that it reads or writes, by their names on the wire.
enum Header {
    static let token = "X-Token"
    static let requestID = "X-Request-Id"
    static let timeout = "X-Timeout-Ms"
    static let traceParent = "traceparent"
    static let processed = "Processed"
    static let notProcessed = "no"
    /// What a caller prefers that wants to know where a call's time went (RFC 7240), and where it is told.
    static let prefer = "Prefer"
    static let serverTiming = "Server-Timing"

    static let accept = "Accept"
    static let allow = "Allow"
    static let authorization = "Authorization"
    static let cacheControl = "Cache-Control"
    static let connection = "Connection"
    static let contentLength = "Content-Length"
    static let contentType = "Content-Type"
    static let contentTypeOptions = "X-Content-Type-Options"
    static let date = "Date"
    static let expect = "Expect"
    static let host = "Host"
    static let retryAfter = "Retry-After"
    static let transferEncoding = "Transfer-Encoding"
    static let vary = "Vary"
    static let wwwAuthenticate = "WWW-Authenticate"

    static let json = "application/json"
    static let noSniff = "nosniff"
    static let noStore = "no-store"
    static let close = "close"
    static let keepAlive = "keep-alive"
    /// No token was sent (RFC 6750, section 3).
    static let bearer = "Bearer"
    /// A token was sent, and it is not valid (RFC 6750, section 3.1).
    static let bearerInvalid = #"Bearer error="invalid_token""#
}

extension StringProtocol {
    /// Whether this is that header field's name, in whatever case (RFC 9110, section 5.1).
    func isField(_ name: String) -> Bool {
        // The bit tells a letter's cases apart, and makes no other characters of a field's name alike.
        utf8.count == name.utf8.count && zip(utf8, name.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
}
