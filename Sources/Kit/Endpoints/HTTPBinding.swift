/// The form of an endpoint over HTTP.
public struct HTTPBinding: Sendable {
    public let method: HTTPMethod
    /// The path, then its aliases.
    public let paths: [PathTemplate]
    /// The status of a success.
    public let status: Int
    /// True if a success is wrapped in `{"data": …}`.
    public let envelope: Bool
    /// The time for which a client may cache a success, in whole seconds (`Cache-Control: max-age`); `nil` for not
    /// at all (`no-store`).
    public let cache: Duration?
    /// True if the body may be a form (`application/x-www-form-urlencoded`) as well, as the RFCs of OAuth have it.
    public let forms: Bool
    /// True if errors are those of OAuth (RFC 6749, section 5.2), and the head may hold a client's secret (section
    /// 2.3.1), which travels as the fields `client_id` and `client_secret` of the input.
    public let oauth: Bool

    /// The path that documents show and clients call.
    public var path: PathTemplate { paths[0] }
}

/// The HTTP methods an endpoint can have (RFC 9110, section 9; RFC 5789).
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// RFC 9110, section 9.2.2.
    public var isIdempotent: Bool { self != .post && self != .patch }

    /// True if input fields that are not in the path travel in a JSON body; otherwise they travel in the query.
    public var hasBody: Bool { self != .get && self != .delete }
}
