import Endpoints

/// The parts that operations share: each schema and response appears once, and operations refer to it.
struct Components {
    var schemas = SchemaComponents(prefix: "#/components/schemas/")
    private var responses: [Document.Member] = []

    /// A response under the codes of the problems that it can hold.
    mutating func response(_ kinds: [Problem.Kind]) -> Document {
        let problem = schemas.reference(to: Problem.schema, named: "Problem", .output)
        let name = SchemaComponents.sanitised(kinds.map(\.code).joined(separator: "."))
        let member = Document.Member(name, .response(kinds, problem))
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
        .init("WWW-Authenticate", header("What is wrong with the token (RFC 6750).", pattern: "^Bearer")),
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
