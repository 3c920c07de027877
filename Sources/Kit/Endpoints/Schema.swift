import Foundation
// Schemas, examples and walkthroughs are made of JSON values, so whoever writes a contract has them with it.
@_exported public import JSON

/// The form of a payload's JSON: the part of JSON Schema 2020-12 that payloads need.
///
/// ```swift
/// public static let schema = Schema.object(
///     .required("name", .string(length: 1...64, example: "Ada"), "Who is greeted."),
///     .optional("times", .integer(1...10, example: 2), "The number of times; 1 by default."))
/// ```
public struct Schema: Sendable, Hashable {
    /// The type of a value, with what limits it.
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
        /// With a scheme, as in RFC 3986: a `URL` or a `String`.
        case uri
    }

    /// A member of an object.
    public struct Field: Sendable, Hashable {
        /// The name of the member in JSON.
        public let name: String
        public let schema: Schema
        /// True if an object without the member is invalid.
        public let isRequired: Bool
        /// One sentence for people.
        public let summary: String

        /// A member that must be there.
        public static func required(_ name: String, _ schema: Schema, _ summary: String) -> Field {
            Field(name: name, schema: schema, isRequired: true, summary: summary)
        }

        /// A member that may be absent, or `null`.
        public static func optional(_ name: String, _ schema: Schema, _ summary: String) -> Field {
            Field(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }

    /// The type, with its limits.
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

    /// The media type of a payload that is no JSON; `nil` for `application/json`.
    public var contentType: String? {
        if case .bytes = kind { Bytes.contentType } else { nil }
    }

    /// True if bytes are a part of it, which no payload can have.
    package var nestsBytes: Bool {
        let parts: [Schema] =
            switch kind {
            case .object(let fields): fields.map(\.schema)
            case .array(let element, _): [element]
            case .map(let value): [value]
            case .string, .integer, .number, .boolean, .any, .bytes: []
            }
        return parts.contains { $0.kind == .bytes || $0.nestsBytes }
    }
}

extension Schema {
    /// A text.
    ///
    /// - Parameters:
    ///   - length: in Unicode scalars; any by default.
    ///   - pattern: a regular expression (ECMA 262) for the whole text.
    ///   - values: the only texts that are valid; any if empty.
    public static func string(
        length: ClosedRange<Int>? = nil, pattern: String? = nil, format: Format? = nil, values: [String] = [],
        example: String
    ) -> Schema {
        Schema(
            kind: .string(length: length, pattern: pattern, format: format, values: values), example: .string(example))
    }

    /// A whole number, within a range if there is one.
    public static func integer(_ range: ClosedRange<Int>? = nil, example: Int) -> Schema {
        Schema(kind: .integer(range), example: .integer(example))
    }

    /// A number, within a range if there is one.
    public static func number(_ range: ClosedRange<Double>? = nil, example: Double) -> Schema {
        Schema(kind: .number(range), example: .number(example))
    }

    /// `true` or `false`.
    public static func boolean(example: Bool) -> Schema {
        Schema(kind: .boolean, example: .bool(example))
    }

    /// A list whose elements have one schema.
    ///
    /// - Parameter count: the number of elements; any by default.
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
        return Schema(kind: .object(fields), example: .object(JSONObject(examples)))
    }

    /// The schema of a payload inside another one. Documents refer to it by the name of its Swift type.
    ///
    /// A payload that contains itself ends the process with a sentence that names it: such a member is ``any``.
    public static func payload<Inner: Payload>(_: Inner.Type) -> Schema {
        of(Inner.self).named(String(describing: Inner.self))
    }

    /// The types whose schemas are being made.
    @TaskLocal private static var unfinished: Set<ObjectIdentifier> = []

    /// The schema of a payload. One that needs itself would wait for itself for ever, since it is a global value.
    static func of<Value: Payload>(_: Value.Type) -> Schema {
        let id = ObjectIdentifier(Value.self)
        guard !unfinished.contains(id) else {
            // A contract is part of the program, which cannot go on with this one.
            fatalError("The schema of \(Value.self) contains itself. Such a member is .any.")
        }
        return $unfinished.withValue(unfinished.union([id])) { Value.schema }
    }

    /// The schema under a name.
    package func named(_ name: String) -> Schema {
        var schema = self
        schema.name = name
        return schema
    }

    /// An object with any member names, whose values have one schema.
    public static func map(of value: Schema) -> Schema {
        Schema(kind: .map(of: value), example: value.example.map { .object(["name": $0]) })
    }

    /// Any JSON value.
    public static let any = Schema(kind: .any, example: nil)
}

extension Schema {
    /// Compares a value with the schema.
    ///
    /// Members that the schema does not name are left alone, so that a newer peer may send more than is known here.
    ///
    /// - Returns: its faults, not only the first, but ``maxFaults`` at the most.
    public func faults(of value: JSONValue) -> [Problem.FieldError] {
        var faults = FaultList()
        collect(of: value, into: &faults)
        return faults.errors
    }

    /// The number of faults that are found in one value: a stranger's input may have any number, and each takes more room in the
    /// reply than it took in the input.
    public static let maxFaults = 100

    fileprivate func collect(of value: JSONValue, into faults: inout FaultList) {
        switch (kind, value) {
        case (.any, _), (.boolean, .bool): break
        case (.string(let length, let pattern, let format, let values), .string(let text)):
            for detail in Self.faults(of: text, length: length, pattern: pattern, format: format, values: values) {
                faults.append(detail)
            }
        case (.integer(let range), .integer(let number)): faults.append(Self.fault(of: number, in: range))
        case (.number(let range), .integer(let number)): faults.append(Self.fault(of: Double(number), in: range))
        case (.number(let range), .number(let number)): faults.append(Self.fault(of: number, in: range))
        case (.array(let element, let count), .array(let values)):
            faults.append(Self.fault(of: values.count, in: count, unit: " elements"))
            for (index, value) in values.enumerated() where !faults.isFull {
                faults.nest(in: String(index)) { element.collect(of: value, into: &$0) }
            }
        case (.object(let fields), .object(let members)):
            for field in fields {
                faults.nest(in: field.name) { field.collect(of: members[field.name], into: &$0) }
            }
        case (.map(let schema), .object(let members)):
            for (name, value) in members where !faults.isFull {
                faults.nest(in: name) { schema.collect(of: value, into: &$0) }
            }
        default: faults.append("must be \(noun)")
        }
    }

    private var noun: String {
        switch kind {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .array: "an array"
        case .object, .map: "an object"
        case .any: "a value"
        case .bytes: "bytes"
        }
    }

    private static func faults(
        of text: String, length: ClosedRange<Int>?, pattern: String?, format: Format?, values: [String]
    ) -> [String] {
        var faults: [String] = []
        if let length, !isLength(of: text, in: length) {
            // The time that a pattern takes grows with the text, and some patterns' with its square.
            return ["must have \(words(length)) characters"]
        }
        if let pattern, !RegexCache.matches(text, pattern) {
            faults.append("must match \(pattern)")
        }
        if let format, !format.accepts(text) {
            faults.append("must be \(format.noun)")
        }
        // Texts that are equal to Swift may have other bytes: U+212A, the sign of kelvin, is a K to it.
        if !values.isEmpty, !values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
            faults.append("must be one of \(values.joined(separator: ", "))")
        }
        return faults
    }

    /// A character of JSON Schema is a Unicode scalar, of 1 to 4 bytes: most texts need not be counted.
    private static func isLength(of text: String, in range: ClosedRange<Int>) -> Bool {
        let bytes = text.utf8.count
        if (bytes + 3) / 4 >= range.lowerBound, bytes <= range.upperBound { return true }
        return range.contains(text.utf8.count { $0 & 0xC0 != 0x80 })
    }

    private static func fault<Number: Comparable>(
        of number: Number, in range: ClosedRange<Number>?, unit: String = ""
    ) -> String? {
        guard let range, !range.contains(number) else { return nil }
        return (unit.isEmpty ? "must be" : "must have") + " \(words(range))\(unit)"
    }

    private static func words<Bound>(_ range: ClosedRange<Bound>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    /// A name in a JSON pointer (RFC 6901, section 3).
    package static func escape(_ key: String) -> String {
        key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
            .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
    }
}

extension Schema.Format {
    fileprivate var noun: String {
        switch self {
        case .dateTime: "a date and time as in RFC 3339"
        case .date: "a date as in RFC 3339"
        case .uuid: "a UUID"
        case .password: "a password"
        case .uri: "a URI with a scheme"
        }
    }

    fileprivate func accepts(_ text: String) -> Bool {
        switch self {
        case .dateTime: RFC3339.date(text) != nil
        case .date: text.utf8.count == 10 && RFC3339.date(text + "T00:00:00Z") != nil
        case .uuid: UUID(uuidString: text) != nil
        case .uri: URL(string: text, encodingInvalidCharacters: false)?.scheme != nil
        case .password: true
        }
    }
}

extension Schema.Field {
    fileprivate func collect(of value: JSONValue?, into faults: inout FaultList) {
        switch value {
        case nil, .null: if isRequired { faults.append("is missing") }
        case .some(let value): schema.collect(of: value, into: &faults)
        }
    }
}

/// The faults of a value, each with the JSON pointer to its place. The pointer is made for faults only.
private struct FaultList {
    private(set) var errors: [Problem.FieldError] = []

    var isFull: Bool { errors.count >= Schema.maxFaults }

    /// Adds a fault of the value itself, if there is one.
    mutating func append(_ detail: String?) {
        if let detail, !isFull { errors.append(Problem.FieldError(pointer: "", detail: detail)) }
    }

    /// Adds the faults of a member or an element.
    mutating func nest(in name: @autoclosure () -> String, _ collect: (inout FaultList) -> Void) {
        let first = errors.count
        collect(&self)
        guard errors.count > first else { return }
        let place = "/" + Schema.escape(name())
        for index in first..<errors.count {
            let error = errors[index]
            errors[index] = Problem.FieldError(pointer: place + error.pointer, detail: error.detail)
        }
    }
}
