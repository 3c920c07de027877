public import Foundation

/// Any JSON value (RFC 8259).
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads a JSON text.
    ///
    /// - Throws: ``JSONSyntaxError`` if the bytes are not JSON, name a member twice, or nest deeper than 128 levels.
    public init(json: Data) throws(JSONSyntaxError) {
        self = try JSONParser.parse(json)
    }

    /// The value as a JSON text, with the members of objects in alphabetical order.
    ///
    /// - Parameter pretty: true for a line for each member and element, two spaces a level.
    /// - Returns: nothing at all if a number in it is not finite: JSON has none.
    public func json(pretty: Bool = false) -> Data {
        (try? JSONCoding.encode(self, pretty: pretty)) ?? Data()
    }

    /// The member of an object, or `nil`.
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// The text of a string, or `nil`.
    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension JSONValue {
    /// The text of a scalar, as it travels in a path or a query; `nil` for null, arrays and objects.
    public var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        case .null, .array, .object: nil
        }
    }

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

    /// The texts of an array, or `nil` if it holds anything else.
    public var strings: [String]? {
        guard case .array(let elements) = self else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let members = try? [String: JSONValue](from: decoder) {
            self = .object(members)
        } else if let text = try? String(from: decoder) {
            self = .string(text)
        } else if let elements = try? [JSONValue](from: decoder) {
            self = .array(elements)
        } else {
            let scalar = try decoder.singleValueContainer()
            if scalar.decodeNil() {
                self = .null
            } else if let flag = try? scalar.decode(Bool.self) {
                self = .bool(flag)
            } else if let integer = try? scalar.decode(Int.self) {
                self = .integer(integer)
            } else {
                self = .number(try scalar.decode(Double.self))
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let flag): try flag.encode(to: encoder)
        case .integer(let integer): try integer.encode(to: encoder)
        case .number(let number):
            if let integer = Self.wholeNumber(number) {
                try integer.encode(to: encoder)
            } else {
                try number.encode(to: encoder)
            }
        case .string(let text): try text.encode(to: encoder)
        case .array(let elements): try elements.encode(to: encoder)
        case .object(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                try container.encode(value, forKey: AnyKey(stringValue: name))
            }
        }
    }

    /// The integer that a number is read as, and written as: JSON Schema has 1.0 and 1e3 be integers. Above 2^53 a `Double`
    /// does not show which.
    fileprivate static func wholeNumber(_ number: Double) -> Int? {
        number.magnitude <= 0x1p53 ? Int(exactly: number) : nil
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}

/// A text that is not JSON, or not as RFC 8259 recommends it: a name twice, or too many levels.
public struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// A few words on what is wrong, such as `a colon is missing`.
    public let reason: String
    /// The offset of the first byte that does not fit.
    public let offset: Int

    public var description: String { "not JSON: \(reason), at byte \(offset)" }
}

/// Reads JSON as RFC 8259 has it, and nothing else.
///
/// Foundation's decoder lets trailing commas pass and takes the first of two members with one name; a front must not,
/// for the service behind it might take the other.
struct JSONParser {
    /// Deeper nesting is refused, so that no input exhausts the stack.
    private static let maxDepth = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var depth = 0

    static func parse(_ json: Data) throws(JSONSyntaxError) -> JSONValue {
        do {
            return try json.withUnsafeBytes { raw in
                var parser = JSONParser(bytes: raw.assumingMemoryBound(to: UInt8.self))
                return try parser.document()
            }
        } catch {
            throw error as? JSONSyntaxError ?? JSONSyntaxError(reason: "it cannot be read", offset: 0)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func document() throws(JSONSyntaxError) -> JSONValue {
        // It is invisible, so it is named. Parsers may refuse it (RFC 8259, section 8.1).
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else { throw fault("a byte order mark") }
        let value = try value()
        skipSpace()
        guard index == bytes.count else { throw fault("trailing data") }
        return value
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        guard let first = peek else { throw fault("a value is missing") }
        switch first {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("a value is missing")
        }
    }

    private mutating func nested(
        _ read: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
    ) throws(JSONSyntaxError) -> JSONValue {
        depth += 1
        guard depth <= Self.maxDepth else { throw fault("it nests deeper than \(Self.maxDepth) levels") }
        index += 1
        defer { depth -= 1 }
        return try read(&self)
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if consume("}") { return .object(members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fault("the name of a member is missing") }
            let name = try string()
            skipSpace()
            guard consume(":") else { throw fault("a colon is missing") }
            guard members.updateValue(try value(), forKey: name) == nil else { throw fault("duplicate key") }
            skipSpace()
        } while consume(",")
        guard consume("}") else { throw fault("an object is not closed") }
        return .object(members)
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if consume("]") { return .array(elements) }
        repeat {
            elements.append(try value())
            skipSpace()
        } while consume(",")
        guard consume("]") else { throw fault("an array is not closed") }
        return .array(elements)
    }

    private mutating func literal(_ literal: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let letters = UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        guard bytes[index...].starts(with: letters) else { throw fault("a value is missing") }
        index += letters.count
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: index)
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = index
        _ = consume("-")
        if !consume("0") { try digits() }
        var isInteger = true
        if consume(".") {
            isInteger = false
            try digits()
        }
        if consume("e") || consume("E") {
            isInteger = false
            if !consume("+") { _ = consume("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw fault("a number is too large") }
        if let integer = JSONValue.wholeNumber(number) { return .integer(integer) }
        return .number(number)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw fault("a digit is missing") }
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(JSONSyntaxError) -> String {
        index += 1
        let start = index
        index = StringScan.firstSpecial(in: bytes, from: start)
        if peek == UInt8(ascii: "\"") {
            defer { index += 1 }
            return try text(UnsafeBufferPointer(rebasing: bytes[start..<index]))
        }
        var unescaped = Array(bytes[start..<index])
        while consume("\\") {
            try escape(into: &unescaped)
            let start = index
            index = StringScan.firstSpecial(in: bytes, from: start)
            unescaped.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
        }
        guard consume("\"") else {
            throw fault(peek == nil ? "a string is not closed" : "a string holds a control character")
        }
        return try text(unescaped)
    }

    private func text(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> String {
        guard let string = String(validating: bytes, as: UTF8.self) else { throw fault("a string is not UTF-8") }
        return string
    }

    /// Reads what follows a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        guard let letter = peek else { throw fault("a string is not closed") }
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "u"): text.append(contentsOf: String(try unicode()).utf8)
        default: throw fault("an escape is not known")
        }
    }

    private mutating func unicode() throws(JSONSyntaxError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, consume("\\"), consume("u") else { throw fault("half of a surrogate pair is missing") }
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x1_0000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw fault("half of a surrogate pair is missing") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 1...4 {
            guard let digit = peek.flatMap(Self.hexadecimal) else { throw fault("four hexadecimal digits are missing") }
            unit = unit << 4 | digit
            index += 1
        }
        return unit
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
