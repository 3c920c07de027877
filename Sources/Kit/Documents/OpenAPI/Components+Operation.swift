import Endpoints

extension Components {
    /// An endpoint's operations: one at its path, and one at each alias.
    mutating func operations(
        _ endpoint: EndpointDescription, _ contract: ContractDescription
    ) -> [(path: String, operation: Document)] {
        let name = contract.qualifiedName(of: endpoint)
        var operations: [(path: String, operation: Document)] = []
        for (index, path) in endpoint.http.paths.enumerated() {
            let id = index == 0 ? name : "\(name).\(index + 1)"
            operations.append((path.description, operation(endpoint, contract, path, id: id)))
        }
        return operations
    }

    private mutating func operation(
        _ endpoint: EndpointDescription, _ contract: ContractDescription, _ path: PathTemplate, id: String
    ) -> Document {
        let name = contract.qualifiedName(of: endpoint)
        let parameters = endpoint.parameters(path)
        return [
            "operationId": .string(id), "tags": [.string(contract.tag)], "summary": .string(endpoint.summary),
            "description": description(endpoint, id == name ? nil : name),
            "x-endpoint": .string(name), "x-input": endpoint.inputName.map { .string($0) },
            "x-deadline-ms": .integer(Int(endpoint.deadline / .milliseconds(1))),
            "security": endpoint.security, "parameters": parameters.isEmpty ? nil : .array(parameters),
            "requestBody": requestBody(endpoint, path, name),
            "responses": responses(endpoint, path, name, isKits: contract.isKits),
        ]
    }

    /// - Parameter original: the endpoint, where this is one of its other paths.
    private func description(_ endpoint: EndpointDescription, _ original: String?) -> Document? {
        let alias = original.map { "The same as `\($0)`, at another path." }
        let fresh = endpoint.access.confirmed.map {
            "At each call auth is asked whether the token still holds the permission `\($0)`."
        }
        let sentences = [alias, fresh].compactMap(\.self)
        return sentences.isEmpty ? nil : .string(sentences.joined(separator: " "))
    }

    private mutating func requestBody(
        _ endpoint: EndpointDescription, _ path: PathTemplate, _ name: String
    ) -> Document? {
        guard endpoint.http.method.hasBody, endpoint.input.kind != .object([]) else { return nil }
        let fields = endpoint.bodyFields(path)
        if !endpoint.input.fields.isEmpty, fields.isEmpty { return nil }
        let body = fields.isEmpty ? endpoint.input : Schema.object(fields)
        let schema = path.fields.isEmpty ? schema(body, named: endpoint.inputName ?? name + ".input") : Document(body)
        return [
            "required": .bool(!body.isSatisfiedByNothing),
            "content": [
                "application/json": ["schema": schema, "example": body.example.map { Document($0, as: body) }],
                "application/x-www-form-urlencoded": endpoint.http.forms ? ["schema": schema] : nil,
            ],
        ]
    }

    private mutating func responses(
        _ endpoint: EndpointDescription, _ path: PathTemplate, _ name: String, isKits: Bool
    ) -> Document {
        var responses: [Document.Member] = [.init(String(endpoint.http.status), success(endpoint, name))]
        let kinds = endpoint.possibleProblems(path, isKits: isKits)
        for status in Set(kinds.map(\.status)).sorted() {
            responses.append(.init(String(status), response(kinds.filter { $0.status == status })))
        }
        return .object(responses)
    }

    private mutating func success(_ endpoint: EndpointDescription, _ name: String) -> Document {
        guard endpoint.http.status != 204 else { return ["description": "Done.", "headers": Document.everyHeader] }
        let output = schema(endpoint.output, named: endpoint.outputName ?? name + ".output")
        let example = endpoint.output.example.map { Document($0, as: endpoint.output) }
        let isWrapped = endpoint.http.envelope
        let schema: Document =
            isWrapped ? ["type": "object", "properties": ["data": output], "required": ["data"]] : output
        return [
            "description": "Done.", "headers": Document.everyHeader,
            "content": [
                "application/json": ["schema": schema, "example": example.map { isWrapped ? ["data": $0] : $0 }]
            ],
        ]
    }
}

extension EndpointDescription {
    /// Who may call. A permission stands as a role, as OpenAPI 3.1 has it for schemes without scopes.
    fileprivate var security: Document {
        let roles: Document = if case .permission(let permission, _) = access { [.string(permission)] } else { [] }
        let schemes: [Document] = readsToken ? [["token": roles], ["bearer": roles]] : []
        return .array(access == .open && readsToken ? [[:]] + schemes : schemes)
    }

    fileprivate func parameters(_ path: PathTemplate) -> [Document] {
        let inPath = path.fields.compactMap { name in input.fields.first { $0.name == name } }
        var parameters = inPath.map { Self.parameter($0, "path", isRequired: true) }
        parameters += queryFields(path).map { field in
            Self.parameter(field, "query", isRequired: field.isRequired && !field.schema.isSaidByNothing)
        }
        if case .map = input.kind, !http.method.hasBody {
            parameters.append(["name": "fields", "in": "query", "explode": true, "schema": Document(input)])
        }
        return parameters
    }

    private static func parameter(_ field: Schema.Field, _ place: String, isRequired: Bool) -> Document {
        [
            "name": .string(field.name), "in": .string(place), "description": .string(field.summary),
            "required": .bool(isRequired), "schema": Document(field.schema),
            "example": field.schema.example.map { Document($0, as: field.schema) },
        ]
    }
}

extension Schema {
    /// Whether a query that leaves it out says an empty list.
    fileprivate var isSaidByNothing: Bool {
        guard case .array(_, let count) = kind else { return false }
        return count?.contains(0) ?? true
    }
}
