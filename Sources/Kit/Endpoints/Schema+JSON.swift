extension Schema {
    /// The schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1.
    public var json: JSONValue {
        var members = keywords
        if let example { members["examples"] = .array([example]) }
        return .object(members)
    }

    private var keywords: [String: JSONValue] {
        switch kind {
        case .string(let length, let pattern, let format, let values):
            var members: [String: JSONValue] = ["type": "string"]
            members["minLength"] = length.map { .integer($0.lowerBound) }
            members["maxLength"] = length.map { .integer($0.upperBound) }
            members["pattern"] = pattern.map { .string("^(?:\($0))$") }
            members["format"] = format.map { .string($0.rawValue) }
            if !values.isEmpty { members["enum"] = .array(values.map { .string($0) }) }
            return members
        case .integer(let range):
            return Self.number("integer", range.map { (.integer($0.lowerBound), .integer($0.upperBound)) })
        case .number(let range):
            return Self.number("number", range.map { (.number($0.lowerBound), .number($0.upperBound)) })
        case .boolean: return ["type": "boolean"]
        case .array(let element, let count):
            var members: [String: JSONValue] = ["type": "array", "items": element.json]
            members["minItems"] = count.map { .integer($0.lowerBound) }
            members["maxItems"] = count.map { .integer($0.upperBound) }
            return members
        case .object(let fields): return Self.object(fields)
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .any: return [:]
        }
    }

    private static func number(_ type: String, _ bounds: (JSONValue, JSONValue)?) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["type": .string(type)]
        members["minimum"] = bounds?.0
        members["maximum"] = bounds?.1
        return members
    }

    private static func object(_ fields: [Field]) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["type": "object"]
        members["properties"] = .object(Dictionary(fields.map { ($0.name, $0.json) }) { first, _ in first })
        let required = fields.filter(\.isRequired)
        if !required.isEmpty { members["required"] = .array(required.map(\.name).sorted().map { .string($0) }) }
        return members
    }
}

extension Schema.Field {
    fileprivate var json: JSONValue {
        guard case .object(var members) = schema.json else { return schema.json }
        members["description"] = .string(summary)
        return .object(members)
    }
}
