extension Schema {
    /// Reads a JSON Schema as ``json`` writes it.
    ///
    /// - Returns: `nil` where it says what payloads here cannot say.
    public init?(json: JSONValue) {
        guard let kind = Kind(json: json) else { return nil }
        var example: JSONValue?
        if case .array(let examples) = json["examples"] { example = examples.first }
        self.init(kind: kind, example: example)
    }
}

extension Schema.Kind {
    fileprivate init?(json: JSONValue) {
        guard case .object(let members) = json else { return nil }
        switch members["type"]?.string {
        case nil: self = .any
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
        for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
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

extension JSONValue {
    /// The number of an integer, or `nil`.
    public var integer: Int? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The number of an integer or any other number, or `nil`.
    public var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The texts of an array, or `nil` where it holds anything else.
    public var strings: [String]? {
        guard case .array(let elements) = self else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}
