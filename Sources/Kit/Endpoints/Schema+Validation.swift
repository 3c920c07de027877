import Foundation
import Synchronization

extension Schema {
    /// Compares a value with the schema.
    ///
    /// Members that the schema does not name are left alone, so that a newer peer may send more than is known here.
    ///
    /// - Returns: every fault there is, not only the first.
    public func faults(of value: JSONValue, at pointer: String = "") -> [Problem.FieldError] {
        switch (kind, value) {
        case (.any, _), (.boolean, .bool): []
        case (.string(let length, let pattern, let format, let values), .string(let text)):
            Self.faults(of: text, length: length, pattern: pattern, format: format, values: values).map {
                Problem.FieldError(pointer: pointer, detail: $0)
            }
        case (.integer(let range), .integer(let number)): Self.faults(of: number, in: range, at: pointer)
        case (.number(let range), .integer(let number)): Self.faults(of: Double(number), in: range, at: pointer)
        case (.number(let range), .number(let number)): Self.faults(of: number, in: range, at: pointer)
        case (.array(let element, let count), .array(let values)):
            Self.faults(of: values.count, in: count, at: pointer, unit: " elements")
                + values.enumerated().flatMap { element.faults(of: $1, at: "\(pointer)/\($0)") }
        case (.object(let fields), .object(let members)):
            fields.flatMap { $0.faults(of: members[$0.name], at: pointer) }
        case (.map(let schema), .object(let members)):
            members.sorted { $0.key < $1.key }.flatMap { schema.faults(of: $1, at: pointer + "/" + Self.escape($0)) }
        default: [Problem.FieldError(pointer: pointer, detail: "must be \(noun)")]
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
            faults.append("must have \(words(length)) characters")
        }
        if let pattern, !RegexCache.matches(text, pattern) {
            faults.append("must match \(pattern)")
        }
        if let format, !format.accepts(text) {
            faults.append("must be \(format.noun)")
        }
        if !values.isEmpty, !values.contains(text) {
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

    private static func faults<Number: Comparable>(
        of number: Number, in range: ClosedRange<Number>?, at pointer: String, unit: String = ""
    ) -> [Problem.FieldError] {
        guard let range, !range.contains(number) else { return [] }
        let verb = unit.isEmpty ? "must be" : "must have"
        return [Problem.FieldError(pointer: pointer, detail: "\(verb) \(words(range))\(unit)")]
    }

    private static func words<Bound>(_ range: ClosedRange<Bound>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }

    /// RFC 6901, section 3.
    fileprivate static func escape(_ key: String) -> String {
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
        case .uri: "a URI"
        }
    }

    fileprivate func accepts(_ text: String) -> Bool {
        switch self {
        case .dateTime: Timestamp.date(text) != nil
        case .date: text.utf8.count == 10 && Timestamp.date(text + "T00:00:00Z") != nil
        case .uuid: UUID(uuidString: text) != nil
        case .password, .uri: true
        }
    }
}

extension Schema.Field {
    fileprivate func faults(of value: JSONValue?, at pointer: String) -> [Problem.FieldError] {
        let pointer = pointer + "/" + Schema.escape(name)
        switch value {
        case nil, .null:
            return isRequired ? [Problem.FieldError(pointer: pointer, detail: "is missing")] : []
        case .some(let value):
            return schema.faults(of: value, at: pointer)
        }
    }
}

/// Regular expressions of schemas, compiled once each. Their number is that of the patterns in the contracts.
enum RegexCache {
    private static let compiled = Mutex<[String: NSRegularExpression]>([:])

    /// True if the whole text matches. A pattern that does not compile matches nothing.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let expression = compiled.withLock { known in
            if let expression = known[pattern] { return Optional(expression) }
            let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
            known[pattern] = expression
            return expression
        }
        let whole = NSRange(text.startIndex..., in: text)
        return expression?.firstMatch(in: text, range: whole) != nil
    }
}
