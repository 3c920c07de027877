import Endpoints
import JSON

extension Components {
    /// The header fields of every response.
    static let everyHeader: JSONValue = [
        "X-Request-Id": header("X-Request-Id"), "traceparent": header("traceparent"),
    ]

    /// A response with one of these problems, which have one status.
    static func response(_ kinds: [Problem.Kind], _ schema: JSONValue) -> JSONValue {
        response(kinds, schema, Problem.contentType, example: \.example)
    }

    /// A response of an endpoint of OAuth (RFC 6749, section 5.2).
    static func oauthResponse(_ kinds: [Problem.Kind], _ schema: JSONValue) -> JSONValue {
        response(kinds, schema, "application/json") { kind in
            ["error": .string(kind.code), "error_description": .string(kind.title + ".")]
        }
    }

    /// Other refusals have no such header.
    private static let missingPermission: JSONValue = [
        "description": "The permission that the token lacks (RFC 6750, section 3).",
        "schema": ["type": "string", "pattern": "^Bearer "],
    ]

    private static func response(
        _ kinds: [Problem.Kind], _ schema: JSONValue, _ contentType: String, example: (Problem.Kind) -> JSONValue
    ) -> JSONValue {
        let status = kinds.first?.status
        var headers = everyHeader
        if status == 401 { headers = headers.setting("WWW-Authenticate", header("WWW-Authenticate")) }
        if status == 403 { headers = headers.setting("WWW-Authenticate", missingPermission) }
        if status == 429 || status == 503 { headers = headers.setting("Retry-After", header("Retry-After")) }
        let examples = kinds.map { kind -> (name: String, value: JSONValue) in
            (kind.code, ["summary": .string(kind.title), "value": example(kind)])
        }
        return [
            "description": .string(kinds.map { "`\($0.code)`: \($0.title)." }.joined(separator: " ")),
            "headers": headers,
            "content": [contentType: ["schema": schema, "examples": .object(JSONObject(examples))]],
        ]
    }

    private static func header(_ name: String) -> JSONValue {
        ["$ref": .string("#/components/headers/" + name)]
    }
}

extension Problem.Kind {
    /// A problem of this kind, as documents show it.
    var example: JSONValue {
        [
            "type": .string("urn:problem-type:" + code), "title": .string(title), "status": .integer(status),
            "detail": .string(title + "."), "code": .string(code), "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "errors": self == .invalid ? [["pointer": "/name", "detail": "is missing"]] : nil,
        ]
    }
}

extension Problem {
    /// A problem as JSON (RFC 9457).
    static let schema = Schema.object(
        .required("type", .string(format: .uri, example: "urn:problem-type:invalid_input"), "The kind, as a URI."),
        .required("title", .string(example: "Invalid input"), "The kind, for people."),
        .required("status", .integer(400...599, example: 422), "The HTTP status."),
        .required("detail", .string(example: "The input has 1 fault."), "The cause of this problem, for people."),
        .required("code", .string(pattern: "[a-z_]+", example: "invalid_input"), "The kind, for programs."),
        .required(
            "trace_id", .string(pattern: "[0-9a-f]{32}", example: "4bf92f3577b34da6a3ce929d0e0e4736"),
            "The trace id in the service's log."),
        .optional("errors", .array(of: fault.named("Fault")), "The faults of the input."))

    /// An error as JSON (RFC 6749, section 5.2).
    static let oauthSchema = Schema.object(
        .required("error", .string(pattern: "[a-z_]+", example: "invalid_grant"), "The kind, for programs."),
        .optional("error_description", .string(example: "The password is wrong."), "What went wrong, for people."))

    private static let fault = Schema.object(
        .required("pointer", .string(example: "/name"), "A JSON pointer (RFC 6901) into the input."),
        .required("detail", .string(example: "is missing"), "The fault."))
}

extension EndpointDescriptor {
    /// The fields that travel in the query.
    func queryFields(_ path: PathTemplate) -> [Schema.Field] {
        http.method.hasBody ? [] : input.fields.filter { !path.fields.contains($0.name) }
    }

    /// The fields that travel in the body.
    func bodyFields(_ path: PathTemplate) -> [Schema.Field] {
        http.method.hasBody ? input.fields.filter { !path.fields.contains($0.name) } : []
    }

    /// Every kind of problem that a request to this endpoint can be answered with over HTTP, each once, by status.
    ///
    /// - Parameter isBuiltIn: true if the endpoint is one of the kit's own, which are answered even by a service that is
    /// overloaded, or about to stop.
    func possibleProblems(_ path: PathTemplate, isBuiltIn: Bool) -> [Problem.Kind] {
        var kinds: [Problem.Kind] = [.malformed, .internal, .deadlineExceeded]
        if access != .open { kinds += [.tokenMissing, .tokenInvalid, .tokenExpired, .unavailable] }
        if case .permission = access { kinds.append(.permissionDenied) }
        if !path.fields.isEmpty { kinds.append(.unknownEndpoint) }
        if http.method.hasBody { kinds += [.tooLarge, .unsupportedMediaType] }
        if http.method.hasBody || input.kind != .object([]) { kinds.append(.invalid) }
        if !isBuiltIn { kinds += [.overloaded, .notReady] }
        var seen: Set<Problem.Kind> = []
        return (kinds + problems).filter { seen.insert($0).inserted }
            .enumerated().sorted { ($0.element.status, $0.offset) < ($1.element.status, $1.offset) }.map(\.element)
    }
}

extension ContractDescriptor {
    /// True if it is one of the kit's own, which every service has.
    var isBuiltIn: Bool { name.hasPrefix("_") }

    /// The name for people: without the mark of the kit's own.
    var tag: String { isBuiltIn ? String(name.dropFirst()) : name }
}
