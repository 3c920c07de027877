import Endpoints
import JSON

/// The parts that operations share: each schema and response appears once, and operations refer to it.
struct Components {
    var schemas = SchemaComponents(prefix: "#/components/schemas/")
    private var responses = JSONObject()

    /// A response under the codes of the problems that it can hold.
    mutating func response(_ kinds: [Problem.Kind]) -> JSONValue {
        let problem = schemas.reference(to: Problem.schema, named: "Problem", .output)
        return reference(to: Self.response(kinds, problem), named: kinds.map(\.code))
    }

    /// A response of OAuth under its status and the codes of the errors that it can hold: OAuth has one code for several
    /// statuses.
    ///
    /// - Parameter kinds: at least one, all of one status.
    mutating func oauthResponse(_ kinds: [Problem.Kind]) -> JSONValue {
        var seen: Set<String> = []
        let kinds = kinds.filter { seen.insert($0.code).inserted }
        let error = schemas.reference(to: Problem.oauthSchema, named: "OAuthError", .output)
        let name = ["oauth", "\(kinds[0].status)"] + kinds.map(\.code)
        return reference(to: Self.oauthResponse(kinds, error), named: name)
    }

    private mutating func reference(to response: JSONValue, named words: [String]) -> JSONValue {
        let name = SchemaComponents.sanitised(words.joined(separator: "."))
        if responses[name] == nil { responses[name] = response }
        return ["$ref": .string("#/components/responses/" + name)]
    }

    var document: JSONValue {
        [
            "schemas": .object(schemas.members), "responses": .object(responses),
            "headers": .object(Self.headers),
            "securitySchemes": [
                "token": [
                    "type": "apiKey", "in": "header", "name": .string(Access.tokenHeader),
                    "description": "A token from the issuer. It takes precedence over one in `Authorization`.",
                ],
                "bearer": [
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The same token, as in RFC 6750.",
                ],
                "client": [
                    "type": "http", "scheme": "basic",
                    "description": "A client's id and secret (RFC 6749, section 2.3.1). A form may hold them instead.",
                ],
            ],
        ]
    }

    private static let headers: JSONObject = [
        "X-Request-Id": header("The request's id as it was sent, or its trace id.", pattern: "^[!-~]{1,128}$"),
        "traceparent": header(
            "The request's place in its trace (W3C Trace Context).",
            pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
        "WWW-Authenticate": header("What a caller must show (RFC 6750, RFC 7617).", pattern: "^(Bearer|Basic)"),
        "Retry-After": [
            "description": "The seconds after which to try again, if known.",
            "schema": ["type": "integer", "format": "int32", "minimum": 1],
        ],
    ]

    private static func header(_ description: String, pattern: String) -> JSONValue {
        [
            "description": .string(description), "required": true,
            "schema": ["type": "string", "pattern": .string(pattern)],
        ]
    }
}

extension Components {
    /// An endpoint's operations: one at its path, and one at each alias.
    mutating func operations(
        _ endpoint: EndpointDescriptor, _ contract: ContractDescriptor
    ) -> [(path: String, operation: JSONValue)] {
        let id = "\(contract.tag).\(endpoint.name)"
        var operations: [(path: String, operation: JSONValue)] = []
        for (index, path) in endpoint.http.paths.enumerated() {
            let operation = operation(endpoint, contract, path, id: index == 0 ? id : "\(id).\(index + 1)", index > 0)
            operations.append((path.description, operation))
        }
        if let path = endpoint.eventStream {
            operations.append((path.description, eventStream(of: endpoint, contract, id: id)))
        }
        return operations
    }

    /// OpenAPI 3.1 has no words for the events of a stream, which generators take for a text.
    private mutating func eventStream(
        of endpoint: EndpointDescriptor, _ contract: ContractDescriptor, id: String
    ) -> JSONValue {
        let name = contract.qualifiedName(of: endpoint)
        let event = schemas.reference(to: endpoint.output, named: endpoint.outputName ?? name + ".output", .output)
        return [
            "operationId": .string(id + "_events"), "tags": [.string(contract.tag)],
            "summary": .string(endpoint.summary),
            "description": .string(
                "The output of `\(name)` as server-sent events, whenever it changes. Each has an object as its data."),
            "x-endpoint": .string(name), "security": [],
            "responses": [
                "200": [
                    "description": "A stream of events.",
                    "content": ["text/event-stream": ["schema": ["type": "string", "x-event": event]]],
                ]
            ],
        ]
    }

    private mutating func operation(
        _ endpoint: EndpointDescriptor, _ contract: ContractDescriptor, _ path: PathTemplate, id: String,
        _ isAlias: Bool
    ) -> JSONValue {
        let name = contract.qualifiedName(of: endpoint)
        let parameters = parameters(endpoint, path)
        return [
            "operationId": .string(id), "tags": [.string(contract.tag)], "summary": .string(endpoint.summary),
            "description": Self.description(endpoint, isAlias ? name : nil),
            "x-endpoint": .string(name), "x-input": endpoint.inputName.map { .string($0) },
            "x-deadline-ms": .integer(Int(endpoint.deadline / .milliseconds(1))),
            "security": endpoint.security, "parameters": parameters.isEmpty ? nil : .array(parameters),
            "requestBody": requestBody(endpoint, path, name),
            "responses": responses(endpoint, path, name, isBuiltIn: contract.isBuiltIn),
        ]
    }

    /// - Parameter original: the endpoint, if this is one of its other paths.
    private static func description(_ endpoint: EndpointDescriptor, _ original: String?) -> JSONValue? {
        let alias = original.map { "The same as `\($0)`, at another path." }
        let introspection = endpoint.access.introspectedPermission.map {
            "The issuer confirms on every call that the token holds the permission `\($0)`."
        }
        let sentences = [alias, introspection].compactMap(\.self)
        return sentences.isEmpty ? nil : .string(sentences.joined(separator: " "))
    }

    private mutating func parameters(_ endpoint: EndpointDescriptor, _ path: PathTemplate) -> [JSONValue] {
        let inPath = path.fields.compactMap { name in endpoint.input.fields.first { $0.name == name } }
        var parameters = inPath.map { parameter($0, "path", isRequired: true) }
        parameters += endpoint.queryFields(path).map { field in
            parameter(field, "query", isRequired: field.isRequired && !field.schema.acceptsNoItem)
        }
        if case .map = endpoint.input.kind, !endpoint.http.method.hasBody {
            let schema = schemas.document(endpoint.input, .input)
            parameters.append(["name": "fields", "in": "query", "explode": true, "schema": schema])
        }
        return parameters
    }

    private mutating func parameter(_ field: Schema.Field, _ place: String, isRequired: Bool) -> JSONValue {
        [
            "name": .string(field.name), "in": .string(place), "description": .string(field.summary),
            "required": .bool(isRequired), "schema": schemas.document(field.schema, .input),
            "example": field.schema.example,
        ]
    }

    /// One media type only: generators write code that does not compile for two. Forms are described in words. An optional
    /// body is never said to be `null`, though that is accepted: generators write clients that fail without a body for it.
    private mutating func requestBody(
        _ endpoint: EndpointDescriptor, _ path: PathTemplate, _ name: String
    ) -> JSONValue? {
        guard endpoint.http.method.hasBody, endpoint.input.kind != .object([]) else { return nil }
        if endpoint.input.contentType != nil { return ["required": true, "content": bytes(endpoint.input, .input)] }
        let fields = endpoint.bodyFields(path)
        if !endpoint.input.fields.isEmpty, fields.isEmpty { return nil }
        let body = fields.isEmpty ? endpoint.input : Schema.object(fields)
        let inputName = endpoint.inputName ?? name + ".input"
        let bodyName = path.fields.isEmpty ? inputName : inputName + "Body"
        let schema = schemas.reference(to: body, named: bodyName, .input)
        let forms = "A form (`application/x-www-form-urlencoded`) with the same fields is accepted as well."
        return [
            "description": endpoint.http.acceptsForms ? .string(forms) : nil,
            "required": .bool(!body.acceptsEmptyObject),
            "content": [
                "application/json": [
                    "schema": schema, "example": body.example,
                ]
            ],
        ]
    }

    /// Not by reference: generators know a file by the schema in its place.
    private mutating func bytes(_ schema: Schema, _ direction: SchemaComponents.Direction) -> JSONValue {
        [Bytes.contentType: ["schema": schemas.document(schema, direction)]]
    }

    private mutating func responses(
        _ endpoint: EndpointDescriptor, _ path: PathTemplate, _ name: String, isBuiltIn: Bool
    ) -> JSONValue {
        var responses: JSONObject = [String(endpoint.http.status): success(endpoint, name)]
        let isOAuth = endpoint.http.oauth
        let kinds = endpoint.possibleProblems(path, isBuiltIn: isBuiltIn).map { isOAuth ? $0.oauth : $0 }
        for status in Set(kinds.map(\.status)).sorted() {
            let kinds = kinds.filter { $0.status == status }
            responses[String(status)] = isOAuth ? oauthResponse(kinds) : response(kinds)
        }
        return .object(responses)
    }

    private mutating func success(_ endpoint: EndpointDescriptor, _ name: String) -> JSONValue {
        guard endpoint.http.status != 204 else { return ["description": "Success.", "headers": Self.everyHeader] }
        if endpoint.output.contentType != nil {
            let content = bytes(endpoint.output, .output)
            return ["description": "Success.", "headers": Self.everyHeader, "content": content]
        }
        let outputName = endpoint.outputName ?? name + ".output"
        var schema = schemas.reference(to: endpoint.output, named: outputName, .output)
        var example = endpoint.output.example
        if endpoint.http.envelope {
            let envelope: JSONValue = ["type": "object", "properties": ["data": schema], "required": ["data"]]
            schema = schemas.reference(to: envelope, named: outputName + "Response", .output)
            example = example.map { ["data": $0] }
        }
        return [
            "description": "Success.", "headers": Self.everyHeader,
            "content": ["application/json": ["schema": schema, "example": example]],
        ]
    }
}

extension EndpointDescriptor {
    /// The ways to authorize a call, one of which is enough; `{}` stands for none. A permission appears as a role, as OpenAPI
    /// 3.1 allows for schemes without scopes.
    fileprivate var security: JSONValue {
        let roles: JSONValue = if case .permission(let permission, _) = access { [.string(permission)] } else { [] }
        var ways: [JSONValue] = readsToken ? [["token": roles], ["bearer": roles]] : []
        if http.oauth {
            // RFC 6749, section 5.2; RFC 6750, section 3.1.
            let codes = problems.map(\.code)
            if codes.contains("invalid_client") { ways.append(["client": []]) }
            if codes.contains("insufficient_scope") { ways.append(["bearer": []]) }
        }
        return .array(access == .open && !ways.isEmpty ? [[:]] + ways : ways)
    }
}

extension Schema {
    /// True for a list that is empty if a query leaves it out.
    fileprivate var acceptsNoItem: Bool {
        guard case .array(_, let count) = kind else { return false }
        return count?.contains(0) ?? true
    }
}
