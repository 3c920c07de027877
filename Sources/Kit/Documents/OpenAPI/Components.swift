import Endpoints

/// The parts that operations share: each schema and response appears once, and operations refer to it.
struct Components {
    var schemas = SchemaComponents(prefix: "#/components/schemas/")
    private var responses: [Document.Member] = []

    /// A response under the codes of the problems that it can hold.
    mutating func response(_ kinds: [Problem.Kind]) -> Document {
        let problem = schemas.reference(to: Problem.schema, named: "Problem", .output)
        return reference(to: .response(kinds, problem), named: kinds.map(\.code))
    }

    /// A response of OAuth under its status and the codes of the errors that it can hold: OAuth has one code for several
    /// statuses.
    ///
    /// - Parameter kinds: at least one, all of one status.
    mutating func oauthResponse(_ kinds: [Problem.Kind]) -> Document {
        var seen: Set<String> = []
        let kinds = kinds.filter { seen.insert($0.code).inserted }
        let error = schemas.reference(to: Problem.oauthSchema, named: "OAuthError", .output)
        return reference(to: .oauthResponse(kinds, error), named: ["oauth", "\(kinds[0].status)"] + kinds.map(\.code))
    }

    private mutating func reference(to response: Document, named words: [String]) -> Document {
        let name = SchemaComponents.sanitised(words.joined(separator: "."))
        let member = Document.Member(name, response)
        if !responses.contains(member) { responses.append(member) }
        return ["$ref": .string("#/components/responses/" + name)]
    }

    var document: Document {
        [
            "schemas": .object(schemas.members), "responses": .object(responses),
            "headers": .object(Self.headers),
            "securitySchemes": [
                "token": [
                    "type": "apiKey", "in": "header", "name": "X-Token",
                    "description": "A token from the issuer. It takes precedence over one in `Authorization`.",
                ],
                "bearer": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The same token, as in RFC 6750.",
                ],
            ],
        ]
    }

    private static let headers: [Document.Member] = [
        .init("X-Request-Id", header("The request's id as it was sent, or its trace id.", pattern: "^[!-~]{1,128}$")),
        .init(
            "traceparent",
            header(
                "The request's place in its trace (W3C Trace Context).",
                pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")),
        .init("WWW-Authenticate", header("What a caller must show (RFC 6750, RFC 7617).", pattern: "^(Bearer|Basic)")),
        .init(
            "Retry-After",
            [
                "description": "The seconds after which to try again, if known.",
                "schema": ["type": "integer", "format": "int32", "minimum": 1],
            ]),
    ]

    private static func header(_ description: String, pattern: String) -> Document {
        [
            "description": .string(description), "required": true,
            "schema": ["type": "string", "pattern": .string(pattern)],
        ]
    }
}
