import HTTPTypes

/// The header fields that belong to this kit, by their names on the wire.
enum Header {
    static let token = "X-Token"
    static let requestID = "X-Request-Id"
    static let timeout = "X-Timeout-Ms"
    static let traceParent = "traceparent"
    static let processed = "Processed"
    static let notProcessed = "no"
    static let prefer = "Prefer"
    /// What a caller prefers that wants to know where a call's time went (RFC 7240), and where it is told.
    static let serverTiming = "Server-Timing"
}

extension HTTPField.Name {
    static let token = known(Header.token)
    static let requestID = known(Header.requestID)
    static let timeout = known(Header.timeout)
    static let traceParent = known(Header.traceParent)
    static let processed = known(Header.processed)
    static let prefer = known(Header.prefer)
    static let serverTiming = known(Header.serverTiming)

    private static func known(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("\(name) is no header field name.") }
        return name
    }
}

extension HTTPField {
    static let json = HTTPField(name: .contentType, value: "application/json")
    static let problemJSON = HTTPField(name: .contentType, value: "application/problem+json")
    static let noSniff = HTTPField(name: .xContentTypeOptions, value: "nosniff")
    static let noStore = HTTPField(name: .cacheControl, value: "no-store")
    static func maxAge(_ time: Duration) -> HTTPField {
        HTTPField(name: .cacheControl, value: "max-age=\(time.components.seconds)")
    }

    static let close = HTTPField(name: .connection, value: "close")
    static let notProcessed = HTTPField(name: .processed, value: Header.notProcessed)
    /// No token was sent (RFC 6750, section 3).
    static let bearer = HTTPField(name: .wwwAuthenticate, value: "Bearer")
    /// A token was sent, and it is not valid (RFC 6750, section 3.1).
    static let bearerInvalid = HTTPField(name: .wwwAuthenticate, value: #"Bearer error="invalid_token""#)
}
