/// The form of a payload's JSON: the part of JSON Schema 2020-12 that payloads need.
///
/// ```swift
/// public static let schema = Schema.object(
///     .required("name", .string(length: 1...64, example: "Ada"), "Who is greeted."),
///     .optional("times", .integer(1...10, example: 2), "The number of times; 1 by default."))
/// ```
public struct Schema: Sendable, Hashable {
    public indirect enum ValueKind: Sendable, Hashable {
        /// Text. Lengths count Unicode scalars; the pattern is an ECMA 262 regular expression for the whole text.
        case string(length: ClosedRange<Int>?, pattern: String?, format: Format?, values: [String])
        case integer(ClosedRange<Int>?)
        case number(ClosedRange<Double>?)
        case boolean
        case array(of: Schema, count: ClosedRange<Int>?)
        case object([Field])
        /// An object with any member names, each member of one schema.
        case map(of: Schema)
        /// Any JSON value.
        case any
        /// No JSON: ``Bytes``.
        case bytes
    }

    /// The `format` of a text, by its name in OpenAPI 3.1.
    public enum Format: String, Sendable, Hashable {
        /// A date, a time and an offset, as in RFC 3339: a `Date`.
        case dateTime = "date-time"
        /// A date without a time, as in RFC 3339: a `String`.
        case date
        /// As in RFC 9562: a `UUID`.
        case uuid
        case password
        /// A `URL` or a `String`. It is not checked.
        case uri
    }

    /// A member of an object.
    public struct Field: Sendable, Hashable {
        public let name: String
        public let schema: Schema
        public let isRequired: Bool
        /// One sentence for people.
        public let summary: String

        public static func required(_ name: String, _ schema: Schema, _ summary: String) -> Field {
            Field(name: name, schema: schema, isRequired: true, summary: summary)
        }

        public static func optional(_ name: String, _ schema: Schema, _ summary: String) -> Field {
            Field(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }

    public let kind: ValueKind
    /// A value that documents show.
    public let example: JSONValue?
    /// The name under which documents refer to it, if it has one. Validation and the contract's JSON do not know it.
    public private(set) var name: String?

    init(kind: ValueKind, example: JSONValue?) {
        self.kind = kind
        self.example = example
    }

    /// The members of an object; none for any other kind.
    public var fields: [Field] {
        guard case .object(let fields) = kind else { return [] }
        return fields
    }

    /// True if an empty body, or `null`, is read as `{}`.
    public var acceptsEmptyObject: Bool {
        guard case .object(let fields) = kind else { return false }
        return !fields.contains(where: \.isRequired)
    }
}

extension Schema {
    public static func string(
        length: ClosedRange<Int>? = nil, pattern: String? = nil, format: Format? = nil, values: [String] = [],
        example: String
    ) -> Schema {
        Schema(
            kind: .string(length: length, pattern: pattern, format: format, values: values), example: .string(example))
    }

    public static func integer(_ range: ClosedRange<Int>? = nil, example: Int) -> Schema {
        Schema(kind: .integer(range), example: .integer(example))
    }

    public static func number(_ range: ClosedRange<Double>? = nil, example: Double) -> Schema {
        Schema(kind: .number(range), example: .number(example))
    }

    public static func boolean(example: Bool) -> Schema {
        Schema(kind: .boolean, example: .bool(example))
    }

    public static func array(of element: Schema, count: ClosedRange<Int>? = nil) -> Schema {
        let length = count.map { min(max(1, $0.lowerBound), $0.upperBound) } ?? 1
        return Schema(
            kind: .array(of: element, count: count),
            example: element.example.map { .array(Array(repeating: $0, count: length)) })
    }

    /// The example of an object is drawn from those of its fields.
    public static func object(_ fields: Field...) -> Schema {
        object(fields)
    }

    /// The example of an object is drawn from those of its fields.
    public static func object(_ fields: [Field]) -> Schema {
        let examples = fields.compactMap { field in field.schema.example.map { (field.name, $0) } }
        return Schema(kind: .object(fields), example: .object(Dictionary(examples) { first, _ in first }))
    }

    /// The schema of a payload inside another one. Documents refer to it by the name of its Swift type.
    public static func payload<Inner: Payload>(_: Inner.Type) -> Schema {
        Inner.schema.named(String(describing: Inner.self))
    }

    /// The schema under a name.
    package func named(_ name: String) -> Schema {
        var schema = self
        schema.name = name
        return schema
    }

    public static func map(of value: Schema) -> Schema {
        Schema(kind: .map(of: value), example: value.example.map { .object(["name": $0]) })
    }

    public static let any = Schema(kind: .any, example: nil)
}
