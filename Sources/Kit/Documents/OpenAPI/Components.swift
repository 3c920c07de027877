import Endpoints

/// What operations share: each schema and response stands once, and operations refer to it.
struct Components {
    private var schemas: [Document.Member] = []
    private var responses: [Document.Member] = []

    /// A schema under the name of its Swift type; under a longer one where another schema has that name.
    mutating func schema(_ schema: Schema, named name: String) -> Document {
        let document = Document(schema)
        var name = Self.sanitised(name)
        while let other = schemas.first(where: { $0.name == name }), other.value != document { name += "_" }
        return Self.add(.init(name, document), to: &schemas, "schemas")
    }

    /// A response under the codes of the problems that it can hold.
    mutating func response(_ kinds: [Problem.Kind]) -> Document {
        let problem = schema(Problem.schema, named: "Problem")
        let name = Self.sanitised(kinds.map(\.code).joined(separator: "."))
        return Self.add(.init(name, .response(kinds, problem)), to: &responses, "responses")
    }

    var document: Document {
        [
            "schemas": .object(schemas), "responses": .object(responses),
            "headers": .object(Self.headers),
            "securitySchemes": [
                "token": [
                    "type": "apiKey", "in": "header", "name": "X-Token",
                    "description": "A token from auth. It goes before one in `Authorization`.",
                ],
                "bearer": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The same token, as RFC 6750 has it.",
                ],
            ],
        ]
    }

    private static func add(_ member: Document.Member, to list: inout [Document.Member], _ kind: String) -> Document {
        if !list.contains(member) { list.append(member) }
        return ["$ref": .string("#/components/\(kind)/\(member.name)")]
    }

    /// Names of components have few characters.
    private static func sanitised(_ name: String) -> String {
        String(name.unicodeScalars.map { $0.isPlain(or: "._-") ? Character($0) : "_" })
    }

    private static let headers: [Document.Member] = [
        .init("X-Request-Id", header("The request's own name, or the trace it belongs to.", pattern: "^[!-~]{1,128}$")),
        .init(
            "traceparent",
            header("The trace (W3C Trace Context).", pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")),
        .init("WWW-Authenticate", header("What was wrong with the token (RFC 6750).", pattern: "^Bearer")),
        .init(
            "Retry-After",
            [
                "description": "After how many seconds to try again, where that is known.",
                "schema": ["type": "integer", "minimum": 1],
            ]),
    ]

    private static func header(_ description: String, pattern: String) -> Document {
        [
            "description": .string(description), "required": true,
            "schema": ["type": "string", "pattern": .string(pattern)],
        ]
    }
}
