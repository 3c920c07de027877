extension Problem {
    /// A sort of problem. Services may add their own.
    public struct Kind: Sendable, Hashable {
        /// A stable word for programs, `^[a-z_]+$`.
        public let code: String
        /// The HTTP status code.
        public let status: Int
        /// A few words for people, the same every time.
        public let title: String

        public init(_ code: String, status: Int, title: String) {
            self.code = code
            self.status = status
            self.title = title
        }

        public static func == (one: Kind, other: Kind) -> Bool {
            one.code == other.code && one.status == other.status
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(code)
        }
    }
}

extension Problem.Kind {
    public static let malformed = Self("malformed", status: 400, title: "Malformed message")
    public static let invalid = Self("invalid_input", status: 422, title: "Invalid input")
    public static let tokenMissing = Self("token_missing", status: 401, title: "A token is required")
    public static let tokenInvalid = Self("token_invalid", status: 401, title: "The token is invalid")
    public static let tokenExpired = Self("token_expired", status: 401, title: "The token has expired")
    public static let permissionDenied = Self("permission_denied", status: 403, title: "Permission denied")
    public static let notFound = Self("not_found", status: 404, title: "Not found")
    public static let unknownEndpoint = Self("unknown_endpoint", status: 404, title: "Unknown endpoint")
    public static let methodNotAllowed = Self("method_not_allowed", status: 405, title: "Method not allowed")
    public static let conflict = Self("conflict", status: 409, title: "Conflict")
    public static let incompatible = Self(
        "incompatible_contract", status: 409, title: "Incompatible contracts")
    public static let tooLarge = Self("too_large", status: 413, title: "Message too large")
    public static let unsupportedMediaType = Self(
        "unsupported_media_type", status: 415, title: "Unsupported media type")
    public static let tooManyRequests = Self("too_many_requests", status: 429, title: "Too many requests")
    public static let cancelled = Self("cancelled", status: 499, title: "Cancelled")
    public static let `internal` = Self("internal", status: 500, title: "Internal error")
    public static let unsupported = Self(
        "unsupported", status: 501, title: "Not implemented")
    public static let unavailable = Self("unavailable", status: 503, title: "Service unavailable")
    public static let overloaded = Self("overloaded", status: 503, title: "Overloaded")
    public static let notReady = Self("not_ready", status: 503, title: "Not ready")
    public static let deadlineExceeded = Self("deadline_exceeded", status: 504, title: "Deadline exceeded")
    public static let unsupportedVersion = Self(
        "unsupported_version", status: 505, title: "Unsupported protocol version")
}

extension Problem.Kind {
    /// The kind that a status stands for if it came without a code. One that is not known here, such as a gateway's
    /// 502, says no more than that the service cannot be reached.
    init(ofStatus status: Int) {
        let known: [Problem.Kind] = [
            .malformed, .tokenInvalid, .permissionDenied, .unknownEndpoint, .methodNotAllowed, .conflict, .tooLarge,
            .unsupportedMediaType, .invalid, .tooManyRequests, .internal, .unsupported, .deadlineExceeded,
        ]
        self = known.first { $0.status == status } ?? (status == 408 ? .deadlineExceeded : .unavailable)
    }
}
