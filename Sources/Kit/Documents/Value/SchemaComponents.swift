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

    private(set) var members: [Document.Member] = []
    private let prefix: String

    /// - Parameter prefix: of references, such as `#/components/schemas/`.
    init(prefix: String) {
        self.prefix = prefix
    }

    /// A reference to a schema under this name; under a longer one if another schema has that name.
    mutating func reference(to schema: Schema, named name: String, _ direction: Direction) -> Document {
        reference(to: inline(schema, direction), named: name, direction)
    }

    /// A reference to a schema that is written already.
    mutating func reference(to document: Document, named name: String, _ direction: Direction) -> Document {
        var name = Self.sanitised(name)
        while let other = members.first(where: { $0.name == name }), other.value != document {
            name += direction.rawValue
        }
        let member = Document.Member(name, document)
        if !members.contains(member) { members.append(member) }
        return ["$ref": .string(prefix + name)]
    }

    /// A schema in its place: a reference if it has a name of its own.
    ///
    /// - Parameters:
    ///   - isOptional: true for an optional field.
    ///   - summary: the description of the place.
    mutating func document(
        _ schema: Schema, _ direction: Direction, isOptional: Bool = false, summary: String? = nil
    ) -> Document {
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
    ) -> Document {
        var document: Document
        switch schema.kind {
        case .object(let fields): document = object(fields, direction)
        case .array(let element, _):
            document = Document(schema.json).setting("items", self.document(element, direction)).without("examples")
        case .map(let value): document = ["type": "object", "additionalProperties": self.document(value, direction)]
        case .any: return ["description": summary.map { .string($0) }]
        case .integer(let range): document = Document(schema.json).setting("format", .string(Self.format(range)))
        case .number: document = Document(schema.json).setting("format", "double")
        case .string, .boolean, .bytes: document = Document(schema.json)
        }
        if isNullable { document = document.nullable }
        return ["type": document["type"], "description": summary.map { .string($0) }] + document.without("type")
    }

    private mutating func object(_ fields: [Schema.Field], _ direction: Direction) -> Document {
        let properties = fields.map { field in
            Document.Member(
                field.name,
                document(field.schema, direction, isOptional: !field.isRequired, summary: field.summary))
        }
        let required = fields.filter(\.isRequired).map { Document.string($0.name) }
        return [
            "type": "object", "properties": properties.isEmpty ? nil : .object(properties),
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

extension Document {
    /// A schema for `null` beside a reference.
    static func orNull(_ reference: Document) -> Document { ["anyOf": [reference, ["type": "null"]]] }

    fileprivate var nullable: Document {
        let document = setting("type", self["type"].map { [$0, "null"] })
        guard let values = self["enum"]?.elements else { return document }
        return document.setting("enum", .array(values + [.null]))
    }

    fileprivate func without(_ name: String) -> Document {
        .object(members.filter { $0.name != name })
    }

    fileprivate static func + (front: Document, rest: Document) -> Document {
        .object(front.members + rest.members)
    }
}

extension Document {
    /// A payload, with its fields in the contract's order.
    init(_ value: JSONValue, as schema: Schema) {
        switch (schema.kind, value) {
        case (.object(let fields), .object(let members)):
            self = .object(
                fields.compactMap { field in
                    members[field.name].map { Member(field.name, Document($0, as: field.schema)) }
                })
        case (.array(let element, _), .array(let values)): self = .array(values.map { Document($0, as: element) })
        default: self = Document(value)
        }
    }
}
