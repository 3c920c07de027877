import Endpoints
import JSON

/// The schemas of a document that have names: each appears once, and others refer to it.
struct SchemaComponents {
    /// The direction in which a payload travels. If a service accepts `null` in place of an optional field, it never sends
    /// it.
    enum Direction: String {
        case input = "Input"
        case output = "Output"
    }

    private(set) var members = JSONObject()
    private let prefix: String

    /// - Parameter prefix: of references, such as `#/components/schemas/`.
    init(prefix: String) {
        self.prefix = prefix
    }

    /// A reference to a schema under this name; under a longer one if another schema has that name.
    mutating func reference(to schema: Schema, named name: String, _ direction: Direction) -> JSONValue {
        reference(to: inline(schema, direction), named: name, direction)
    }

    /// A reference to a schema that is written already.
    mutating func reference(to document: JSONValue, named name: String, _ direction: Direction) -> JSONValue {
        var name = Self.sanitised(name)
        while let other = members[name], other != document { name += direction.rawValue }
        if members[name] == nil { members[name] = document }
        return ["$ref": .string(prefix + name)]
    }

    /// A schema in its place: a reference if it has a name of its own.
    ///
    /// - Parameters:
    ///   - isOptional: true for an optional field.
    ///   - summary: the description of the place.
    mutating func document(
        _ schema: Schema, _ direction: Direction, isOptional: Bool = false, summary: String? = nil
    ) -> JSONValue {
        let isNullable = isOptional && direction == .input
        guard let name = schema.name else { return inline(schema, direction, isNullable: isNullable, summary: summary) }
        let reference = reference(to: schema, named: name, direction)
        let document = isNullable ? .orNull(reference) : reference
        return document.setting("description", summary.map { .string($0) })
    }

    /// Names of components have few characters.
    static func sanitised(_ name: String) -> String {
        String(name.unicodeScalars.map { $0.isPlain(or: "._-") ? Character($0) : "_" })
    }

    /// A payload's schema as JSON Schema 2020-12, with fields in the contract's order. Examples appear at scalars only: those
    /// of objects and arrays follow from them.
    private mutating func inline(
        _ schema: Schema, _ direction: Direction, isNullable: Bool = false, summary: String? = nil
    ) -> JSONValue {
        var document: JSONValue
        switch schema.kind {
        case .object(let fields): document = object(fields, direction)
        case .array(let element, _):
            document = schema.json.sorted.setting("items", self.document(element, direction)).without("examples")
        case .map(let value): document = ["type": "object", "additionalProperties": self.document(value, direction)]
        case .any: return ["description": summary.map { .string($0) }]
        case .integer(let range): document = schema.json.sorted.setting("format", .string(Self.format(range)))
        case .number: document = schema.json.sorted.setting("format", "double")
        case .string, .boolean, .bytes: document = schema.json.sorted
        }
        if isNullable { document = document.nullable }
        let front: JSONObject = ["type": document["type"], "description": summary.map { .string($0) }]
        return .object(front.merging(document.without("type").members))
    }

    private mutating func object(_ fields: [Schema.Field], _ direction: Direction) -> JSONValue {
        let properties = fields.map { field in
            (field.name, document(field.schema, direction, isOptional: !field.isRequired, summary: field.summary))
        }
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [
            "type": "object", "properties": properties.isEmpty ? nil : .object(JSONObject(properties)),
            "required": required.isEmpty ? nil : .array(required),
        ]
    }

    /// The format by which generators choose a type that holds every value.
    private static func format(_ range: ClosedRange<Int>?) -> String {
        let narrow = Int(Int32.min)...Int(Int32.max)
        return range.map { narrow.contains($0.lowerBound) && narrow.contains($0.upperBound) } == true
            ? "int32" : "int64"
    }
}

extension JSONValue {
    /// A schema for `null` beside a reference.
    static func orNull(_ reference: JSONValue) -> JSONValue { ["anyOf": [reference, ["type": "null"]]] }

    fileprivate var nullable: JSONValue {
        let document = setting("type", self["type"].map { [$0, "null"] })
        guard let values = self["enum"]?.elements else { return document }
        return document.setting("enum", .array(values + [.null]))
    }

    fileprivate func without(_ name: String) -> JSONValue { setting(name, nil) }

    /// The object with another value for a member, or without the member if that is `nil`.
    func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        .object(members.setting(name, to: value))
    }
}
