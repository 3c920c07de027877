public import JSON

extension Schema {
    /// The schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1.
    public var json: JSONValue {
        var members = keywords
        if let example { members["examples"] = .array([example]) }
        return .object(members)
    }

    private var keywords: JSONObject {
        switch kind {
        case .string(let length, let pattern, let format, let values):
            return [
                "type": "string", "minLength": length.map { .integer($0.lowerBound) },
                "maxLength": length.map { .integer($0.upperBound) },
                "pattern": pattern.map { .string("^(?:\($0))$") }, "format": format.map { .string($0.rawValue) },
                "enum": values.isEmpty ? nil : .array(values.map { .string($0) }),
            ]
        case .integer(let range):
            return Self.number("integer", range.map { (.integer($0.lowerBound), .integer($0.upperBound)) })
        case .number(let range):
            return Self.number("number", range.map { (.number($0.lowerBound), .number($0.upperBound)) })
        case .boolean: return ["type": "boolean"]
        case .array(let element, let count):
            return [
                "type": "array", "items": element.json, "minItems": count.map { .integer($0.lowerBound) },
                "maxItems": count.map { .integer($0.upperBound) },
            ]
        case .object(let fields): return Self.object(fields)
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .any: return [:]
        case .bytes: return ["type": "string", "format": "binary"]
        }
    }

    private static func number(_ type: String, _ bounds: (JSONValue, JSONValue)?) -> JSONObject {
        ["type": .string(type), "minimum": bounds?.0, "maximum": bounds?.1]
    }

    private static func object(_ fields: [Field]) -> JSONObject {
        let required = fields.filter(\.isRequired).map(\.name).sorted()
        return [
            "type": "object", "properties": .object(JSONObject(fields.map { ($0.name, $0.json) })),
            "required": required.isEmpty ? nil : .array(required.map { .string($0) }),
        ]
    }
}

extension Schema.Field {
    fileprivate var json: JSONValue {
        .object(schema.json.members.setting("description", to: .string(summary)))
    }
}

extension Schema {
    /// Reads a value that came as text, in a path or a query.
    ///
    /// - Returns: the value of the schema's kind; a text that is not of that kind stays a string, which
    ///   ``faults(of:)`` then reports.
    public func value(ofText text: String) -> JSONValue {
        switch kind {
        case .integer:
            (Int(text) ?? Self.number(ofText: text).flatMap(JSONValue.wholeNumber)).map(JSONValue.integer)
                ?? .string(text)
        case .number: Self.number(ofText: text).map(JSONValue.number) ?? .string(text)
        case .boolean: ["true": .bool(true), "false": .bool(false)][text] ?? .string(text)
        case .string(_, _, .dateTime?, _): .string(Self.withSign(text))
        default: .string(text)
        }
    }
}

extension Schema {
    /// A number that JSON could have: Swift reads hexadecimal ones and words for others, too.
    private static func number(ofText text: String) -> Double? {
        guard !text.contains(where: { "xX".contains($0) }) else { return nil }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    /// A time whose offset has lost its sign: in a query a + without percent-encoding is a space.
    private static func withSign(_ time: String) -> String {
        let offset = time.suffix(6)
        let whole = time.dropLast(6) + "+" + offset.dropFirst()
        return offset.first == " " && RFC3339.date(String(whole)) != nil ? String(whole) : time
    }

    /// Reads a JSON Schema as ``json`` writes it.
    ///
    /// - Returns: `nil` if it says what payloads here cannot say.
    public init?(json: JSONValue) {
        guard let kind = ValueKind(json: json) else { return nil }
        var example: JSONValue?
        if case .array(let examples) = json["examples"] { example = examples.first }
        self.init(kind: kind, example: example)
    }
}

extension Schema.ValueKind {
    fileprivate init?(json: JSONValue) {
        guard case .object(let members) = json else { return nil }
        switch members["type"]?.string {
        case nil: self = .any
        case "string" where members["format"] == "binary": self = .bytes
        case "string":
            self = .string(
                length: Self.range(json["minLength"]?.integer, json["maxLength"]?.integer),
                pattern: json["pattern"]?.string.map { String($0.dropFirst("^(?:".count).dropLast(")$".count)) },
                format: json["format"]?.string.flatMap(Schema.Format.init(rawValue:)),
                values: json["enum"]?.strings ?? [])
        case "integer": self = .integer(Self.range(json["minimum"]?.integer, json["maximum"]?.integer))
        case "number": self = .number(Self.range(json["minimum"]?.number, json["maximum"]?.number))
        case "boolean": self = .boolean
        case "array":
            guard let element = json["items"].flatMap(Schema.init(json:)) else { return nil }
            self = .array(of: element, count: Self.range(json["minItems"]?.integer, json["maxItems"]?.integer))
        case "object": self.init(object: json)
        default: return nil
        }
    }

    private init?(object json: JSONValue) {
        if let value = json["additionalProperties"] {
            guard let value = Schema(json: value) else { return nil }
            self = .map(of: value)
            return
        }
        guard case .object(let properties) = json["properties"] else { return nil }
        let required = Set(json["required"]?.strings ?? [])
        var fields: [Schema.Field] = []
        for (name, property) in properties {
            guard let schema = Schema(json: property) else { return nil }
            let summary = property["description"]?.string ?? ""
            fields.append(
                Schema.Field(name: name, schema: schema, isRequired: required.contains(name), summary: summary))
        }
        self = .object(fields)
    }

    private static func range<Bound>(_ low: Bound?, _ high: Bound?) -> ClosedRange<Bound>? {
        guard let low, let high, low <= high else { return nil }
        return low...high
    }
}
