public import Foundation
public import JSON

/// The one error that crosses a wire (RFC 9457), the same on every front.
///
/// A handler throws it to refuse a call. Whatever else a handler throws is logged in full and leaves as
/// ``Kind/internal``.
public struct Problem: Error, Sendable, Equatable {
    /// The kind of error, in a form that programs can rely on.
    public let kind: Kind
    /// A description of this error for people. It never holds a secret or a stack trace.
    public let detail: String
    /// The faults of the input, each by itself.
    public let faults: [FieldError]
    /// The time after which a caller may try again.
    public let retryAfter: Duration?
    /// True if the call was refused before its handler started, so that it may be sent again even if it is not
    /// idempotent.
    public let isUnprocessed: Bool
    /// The place that it has come from. It is no part of what is said, and so not compared.
    package private(set) var source = Source.here

    /// A problem of a kind.
    ///
    /// - Parameters:
    ///   - detail: a sentence for people on this occurrence, without secrets.
    ///   - faults: the fields of the input that are wrong.
    ///   - retryAfter: the time after which a retry makes sense.
    ///   - isUnprocessed: true if the call was certainly not begun, so that a retry is safe.
    public init(
        _ kind: Kind, _ detail: String, faults: [FieldError] = [], retryAfter: Duration? = nil,
        isUnprocessed: Bool = false
    ) {
        self.kind = kind
        self.detail = detail
        self.faults = faults
        self.retryAfter = retryAfter
        self.isUnprocessed = isUnprocessed
    }

    /// The HTTP status code, on every wire.
    public var status: Int { kind.status }

    public static func == (one: Problem, other: Problem) -> Bool {
        one.kind == other.kind && one.detail == other.detail && one.faults == other.faults
            && one.retryAfter == other.retryAfter && one.isUnprocessed == other.isUnprocessed
    }
}

extension Problem {
    package enum Source: Sendable {
        /// Made by whoever throws it.
        case here
        /// Made by a transport: the peer has not replied.
        case connection
        /// The reason why a call of another service has failed.
        case call
    }

    /// True if a transport has made it, because the peer cannot be reached or has not replied.
    package var isOfConnection: Bool { source == .connection }

    /// The same of another source.
    package func from(_ source: Source) -> Problem {
        var problem = self
        problem.source = source
        return problem
    }
}

extension Problem {
    /// One thing that is wrong with an input.
    public struct FieldError: Codable, Sendable, Hashable {
        /// The place of the fault: a JSON pointer (RFC 6901) into the input, `""` for the whole.
        public let pointer: String
        /// A description of the fault.
        public let detail: String

        /// A fault at a place of the input.
        ///
        /// - Parameters:
        ///   - pointer: a JSON pointer (RFC 6901).
        ///   - detail: the end of a sentence that begins with the field.
        public init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }
}

extension Problem {
    /// A sort of problem. Services may add their own.
    public struct Kind: Sendable, Hashable {
        /// A stable word for programs, `^[a-z_]+$`.
        public let code: String
        /// The HTTP status code.
        public let status: Int
        /// A few words for people, the same every time.
        public let title: String

        /// A kind of a service's own.
        ///
        /// - Parameters:
        ///   - code: a stable word, `^[a-z_]+$`.
        ///   - status: the HTTP status code, 400 to 599.
        ///   - title: a few words for people, the same every time.
        public init(_ code: String, status: Int, title: String) {
            self.code = code
            self.status = status
            self.title = title
        }

        /// The kind that a peer names, whose code becomes a part of a URI; `nil` for no code, or one that could not.
        fileprivate init?(code: String?, status: Int, title: String) {
            guard let code, code.wholeMatch(of: /[A-Za-z0-9._-]{1,64}/) != nil else { return nil }
            self.init(code, status: status, title: title)
        }

        /// True if the status is that of an error: any other one would be read as a success.
        package var isError: Bool { (400...599).contains(status) }

        public static func == (one: Kind, other: Kind) -> Bool {
            one.code == other.code && one.status == other.status
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(code)
        }
    }
}

extension Problem.Kind {
    /// The message or its JSON cannot be read. A retry fails in the same way.
    public static let malformed = Self("malformed", status: 400, title: "Malformed message")
    /// The input violates the contract; `errors` lists its faults, the first ``Schema/maxFaults`` of them. A retry fails in the
    /// same way.
    public static let invalid = Self("invalid_input", status: 422, title: "Invalid input")
    /// The endpoint requires a token, and the call has none.
    public static let tokenMissing = Self("token_missing", status: 401, title: "A token is required")
    /// The token is not one that is accepted: it is forged, revoked or for others. Get a new one.
    public static let tokenInvalid = Self("token_invalid", status: 401, title: "The token is invalid")
    /// The token has expired. A retry with a new one is safe.
    public static let tokenExpired = Self("token_expired", status: 401, title: "The token has expired")
    /// The token lacks the permission. A retry fails in the same way.
    public static let permissionDenied = Self("permission_denied", status: 403, title: "Permission denied")
    /// A handler has no such object. A retry fails in the same way until there is one.
    public static let notFound = Self("not_found", status: 404, title: "Not found")
    /// The service has no such endpoint or path.
    public static let unknownEndpoint = Self("unknown_endpoint", status: 404, title: "Unknown endpoint")
    /// The path has other methods, which `Allow` lists.
    public static let methodNotAllowed = Self("method_not_allowed", status: 405, title: "Method not allowed")
    /// The current state forbids the call, as if a name is taken. Read the state before a retry.
    public static let conflict = Self("conflict", status: 409, title: "Conflict")
    /// Client and service have contracts that do not fit together. One of them must be updated.
    public static let incompatible = Self(
        "incompatible_contract", status: 409, title: "Incompatible contracts")
    /// The body, or over S1 the head, is longer than the service accepts.
    public static let tooLarge = Self("too_large", status: 413, title: "Message too large")
    /// The body is not of the media type that the endpoint accepts.
    public static let unsupportedMediaType = Self(
        "unsupported_media_type", status: 415, title: "Unsupported media type")
    /// The caller calls more often than it may. A retry is safe after ``Problem/retryAfter``.
    public static let tooManyRequests = Self("too_many_requests", status: 429, title: "Too many requests")
    /// The caller has given the call up. Whether it was processed is not known.
    public static let cancelled = Self("cancelled", status: 499, title: "Cancelled")
    /// The service has failed; its log says how. Whether the call has had an effect is not known: retry what is idempotent only.
    public static let `internal` = Self("internal", status: 500, title: "Internal error")
    /// The message needs something that the service does not implement.
    public static let unsupported = Self(
        "unsupported", status: 501, title: "Not implemented")
    /// The service, or a peer that it needs, cannot be reached. A retry is safe if ``Problem/isUnprocessed``.
    public static let unavailable = Self("unavailable", status: 503, title: "Service unavailable")
    /// More calls come than the service can process in time. The call was not begun: a retry is safe, after a pause.
    public static let overloaded = Self("overloaded", status: 503, title: "Overloaded")
    /// The service waits for a dependency, as at its start. The call was not begun: a retry is safe.
    public static let notReady = Self("not_ready", status: 503, title: "Not ready")
    /// The time of the call is over. Whether it was processed is not known, unless ``Problem/isUnprocessed``.
    public static let deadlineExceeded = Self("deadline_exceeded", status: 504, title: "Deadline exceeded")
    /// The message is of a version of the protocol that the service does not speak.
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

extension Problem {
    /// The media type of a problem (RFC 9457, section 3).
    public static let contentType = "application/problem+json"

    /// The problem as `application/problem+json`.
    ///
    /// - Parameter traceID: the trace of the call, by which a person finds its log lines.
    public func json(traceID: String) -> Data {
        let document = ProblemDocument(
            type: "urn:problem-type:" + kind.code, title: kind.title, status: kind.status, detail: detail,
            code: kind.code,
            trace_id: traceID, errors: faults.isEmpty ? nil : faults)
        // A struct of strings and numbers always encodes.
        return (try? JSONCoding.encode(document)) ?? Data()
    }

    /// Reads a problem that a peer has sent.
    ///
    /// - Parameters:
    ///   - status: what the peer has answered, 300 or above.
    ///   - json: what it has said of that. If there is no `code` in it, as from a proxy, or from no service of this kit, the
    ///     status alone says what sort of problem it is.
    public init(status: Int, json: Data, retryAfter: Duration? = nil, isUnprocessed: Bool = false) {
        let document = try? JSONCoding.decode(ProblemDocument.self, from: json)
        let answer = "The peer has answered \(status)"
        self.init(
            Kind(code: document?.code, status: status, title: document?.title ?? answer) ?? Kind(ofStatus: status),
            document?.detail ?? answer + ".", faults: document?.errors ?? [], retryAfter: retryAfter,
            isUnprocessed: isUnprocessed)
    }

    /// The members of RFC 9457, section 3.1, and this project's own: `code`, `trace_id`, `errors`. A peer may leave out any.
    private struct ProblemDocument: Codable {
        var type: String?
        var title: String?
        var status: Int?
        var detail: String?
        var code: String?
        var trace_id: String?
        var errors: [FieldError]?
    }
}

extension JSONValue {
    /// Reads the body of a message.
    ///
    /// - Throws: ``Problem/Kind/malformed``, with the place of the first byte that does not fit, if it is not JSON.
    public init(body: Data) throws(Problem) {
        do {
            try self.init(json: body)
        } catch {
            throw Problem(.malformed, "The body is not JSON: \(error.reason), at byte \(error.offset).")
        }
    }
}

extension Problem.Kind {
    /// The codes that RFC 6749, section 5.2, and RFC 6750, section 3.1, define.
    private static let oauthCodes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "insufficient_scope",
    ]

    /// The kind as an endpoint of OAuth has it: those of the RFC stay, a request that cannot be read is an `invalid_request`,
    /// and of what is not the client's fault the status stays.
    package var oauth: Problem.Kind {
        guard !Self.oauthCodes.contains(code) else { return self }
        return switch status {
        case 400, 413, 415, 422: Self("invalid_request", status: 400, title: "The request is not one of OAuth")
        case 429, 503, 504: Self("temporarily_unavailable", status: status, title: title)
        default: Self("server_error", status: status, title: title)
        }
    }
}

extension Problem {
    /// The problem as an endpoint of OAuth has it, which knows no list of faults.
    package var oauth: Problem {
        let details = [detail] + faults.map { "\($0.pointer.dropFirst()) \($0.detail)." }
        return Problem(
            kind.oauth, details.joined(separator: " "), retryAfter: retryAfter, isUnprocessed: isUnprocessed)
    }
}
