import Endpoints

extension Document {
    /// A payload's schema as OpenAPI 3.1 writes it, with fields in the contract's order. Examples stand at scalars only:
    /// those of objects and arrays are made of them.
    ///
    /// - Parameter isNullable: whether `null` will do as well, as it does in the place of an optional field.
    init(_ schema: Schema, isNullable: Bool = false, summary: String? = nil) {
        let description = summary.map { Document.string($0) }
        switch schema.kind {
        case .object(let fields): self = Self.object(fields, isNullable, description)
        case .array(let element, _):
            self = Document(schema.json).setting("items", Document(element)).without("examples")
                .typed("array", isNullable, description)
        case .map(let value):
            self = ["additionalProperties": Document(value)]
            self = typed("object", isNullable, description)
        case .any: self = ["description": description]
        case .integer(nil):
            self = Document(schema.json).setting("format", "int64").typed(nil, isNullable, description)
        case .string, .integer, .number, .boolean:
            self = Document(schema.json).typed(nil, isNullable, description)
        }
    }

    private static func object(_ fields: [Schema.Field], _ isNullable: Bool, _ description: Document?) -> Document {
        let properties = fields.map {
            Member($0.name, Document($0.schema, isNullable: !$0.isRequired, summary: $0.summary))
        }
        let required = fields.filter(\.isRequired).map { Document.string($0.name) }
        let document: Document = [
            "properties": properties.isEmpty ? nil : .object(properties),
            "required": required.isEmpty ? nil : .array(required),
        ]
        return document.typed("object", isNullable, description)
    }

    /// The schema with its type and description in front.
    private func typed(_ type: String?, _ isNullable: Bool, _ description: Document?) -> Document {
        let type = type.map { Document.string($0) } ?? self["type"] ?? .null
        var rest = without("type")
        if isNullable, let values = self["enum"]?.elements { rest = rest.setting("enum", .array(values + [.null])) }
        let front: Document = ["type": isNullable ? [type, "null"] : type, "description": description]
        return .object(front.members + rest.members)
    }

    private func without(_ name: String) -> Document {
        .object(members.filter { $0.name != name })
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
