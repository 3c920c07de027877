import NIOHTTP1

/// The header fields that belong to this kit, and the others that it reads or writes, by their names on the wire.
enum Header {
    static let token = "X-Token"
    static let requestID = "X-Request-Id"
    static let timeout = "X-Timeout-Ms"
    static let traceParent = "traceparent"
    static let traceState = "tracestate"
    static let processed = "Processed"
    static let notProcessed = "no"
    /// The preference of a caller that wants to know where a call's time went (RFC 7240), and the field of the answer.
    static let prefer = "Prefer"
    static let serverTiming = "Server-Timing"

    static let accept = "Accept"
    static let acceptEncoding = "Accept-Encoding"
    static let allow = "Allow"
    static let authorization = "Authorization"
    static let cacheControl = "Cache-Control"
    static let connection = "Connection"
    static let contentEncoding = "Content-Encoding"
    static let contentLength = "Content-Length"
    static let contentType = "Content-Type"
    /// Tells nginx, and those who do as it does, to pass a stream on as it comes.
    static let buffering = "X-Accel-Buffering"
    static let contentTypeOptions = "X-Content-Type-Options"
    static let date = "Date"
    static let eTag = "ETag"
    static let ifNoneMatch = "If-None-Match"
    static let location = "Location"
    static let origin = "Origin"
    static let pragma = "Pragma"
    static let retryAfter = "Retry-After"
    static let transferEncoding = "Transfer-Encoding"
    static let vary = "Vary"
    static let wwwAuthenticate = "WWW-Authenticate"

    static let allowCredentials = "Access-Control-Allow-Credentials"
    static let allowHeaders = "Access-Control-Allow-Headers"
    static let allowMethods = "Access-Control-Allow-Methods"
    static let allowOrigin = "Access-Control-Allow-Origin"
    static let exposeHeaders = "Access-Control-Expose-Headers"
    static let maxAge = "Access-Control-Max-Age"

    static let json = "application/json"
    static let noSniff = "nosniff"
    static let noStore = "no-store"
    static let chunked = "chunked"
    static let gzip = "gzip"
    static let identity = "identity"
    static let noCache = "no-cache"
    static let close = "close"
    static let keepAlive = "keep-alive"
    /// A client must show its secret (RFC 6749, section 5.2).
    static let basic = #"Basic realm="OAuth""#
    /// No token was sent (RFC 6750, section 3).
    static let bearer = "Bearer"
    /// A token was sent, and it is not valid (RFC 6750, section 3.1).
    static let bearerInvalid = #"Bearer error="invalid_token""#
}
