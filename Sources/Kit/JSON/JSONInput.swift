package import Foundation

/// Payloads as JSON texts and back, on every wire.
///
/// A text is parsed once: what was validated as a ``JSONValue`` is what is decoded. Members are written in the order in
/// which the type encodes them.
package enum JSONCoding {
    /// - Parameter pretty: true for a line for each member and element, two spaces a level.
    /// - Throws: `EncodingError` for a number that is not finite, which JSON has not, and for an integer above `Int.max`, which
    ///   would not be read again.
    package static func encode(_ value: some Encodable, pretty: Bool = false) throws -> Data {
        let output = JSONOutput(isPretty: pretty)
        try output.write(value)
        return output.text.finish()
    }

    /// - Throws: `DecodingError` if the value is not what the type wants.
    package static func decode<Value: Decodable>(_: Value.Type, from json: JSONValue) throws -> Value {
        try JSONInput(json).read(Value.self)
    }

    /// - Throws: ``JSONSyntaxError``; `DecodingError` if the value is not what the type wants.
    package static func decode<Value: Decodable>(_ type: Value.Type, from json: Data) throws -> Value {
        try decode(type, from: JSONValue(json: json))
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

    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0
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
        var members = JSONObject()
        skipSpace()
        if consume("}") { return .object(members) }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw fault("the name of a member is missing") }
            let name = try string()
            skipSpace()
            guard consume(":") else { throw fault("a colon is missing") }
            guard members.add(name, try value()) else { throw fault("duplicate key") }
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

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    func fault(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(reason: reason, offset: index)
    }
}

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

/// A value that a `Decodable` type is read from.
struct JSONInput {
    let value: JSONValue
    /// The name or index of the value in what it is part of, and the path of that.
    private let key: (any CodingKey)?
    private let parent: JSONPath?

    init(_ value: JSONValue) {
        self.value = value
        (key, parent) = (nil, nil)
    }

    init(_ value: JSONValue, _ key: any CodingKey, in parent: JSONPath?) {
        self.value = value
        self.key = key
        self.parent = parent
    }

    var path: JSONPath? { key.map { JSONPath($0, in: parent) } }

    func read<Value: JSONScalar>(_ type: Value.Type) throws -> Value {
        guard let read = Value(json: value) else { throw mismatch(type) }
        return read
    }

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if type == JSONValue.self, let value = value as? Value { return value }
        if FoundationScalar.contains(type), let scalar = type as? any JSONScalar.Type {
            guard let read = scalar.init(json: value) as? Value else { throw mismatch(type) }
            return read
        }
        return try Value(from: self)
    }

    var isNull: Bool { value == .null }

    func mismatch(_ type: Any.Type) -> DecodingError {
        let detail = isNull ? "is null" : "must be \(Self.noun(type))"
        return .typeMismatch(type, .init(codingPath: JSONPath.keys(path), debugDescription: detail))
    }

    /// A type as those call it who write JSON, in whatever language.
    private static func noun(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is Int.Type: "an integer"
        case let type as any FixedWidthInteger.Type: range(type)
        case is Double.Type, is Float.Type, is Decimal.Type: "a number"
        case is Date.Type: "a date and time as in RFC 3339"
        case is UUID.Type: "a UUID"
        case is URL.Type: "a URI"
        case is Data.Type: "bytes in Base64"
        case is [JSONValue].Type: "an array"
        case is JSONObject.Type: "an object"
        default: "of type \(type)"
        }
    }

    private static func range<Integer: FixedWidthInteger>(_: Integer.Type) -> String {
        "an integer from \(Int(clamping: Integer.min)) to \(Int(clamping: Integer.max))"
    }
}

/// The path of an object or array, from the inside out: shown only if something is wrong.
final class JSONPath: Sendable {
    private let key: any CodingKey
    private let parent: JSONPath?

    init(_ key: any CodingKey, in parent: JSONPath?) {
        self.key = key
        self.parent = parent
    }

    static func keys(_ path: JSONPath?) -> [any CodingKey] {
        guard let path else { return [] }
        return keys(path.parent) + [path.key]
    }
}

extension JSONInput: Decoder, SingleValueDecodingContainer {
    var codingPath: [any CodingKey] { JSONPath.keys(path) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch(JSONObject.self) }
        return KeyedDecodingContainer(JSONMemberReader(members: members, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([JSONValue].self) }
        return JSONElementReader(elements: elements, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { isNull }

    func decode<Value: JSONScalar>(_ type: Value.Type) throws -> Value { try read(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try read(type) }
}

private struct JSONMemberReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: JSONObject
    let path: JSONPath?

    var codingPath: [any CodingKey] { JSONPath.keys(path) }
    var allKeys: [Key] { members.names.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try input(key).isNull }

    func decode<Value: JSONScalar>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try input(key).read(type)
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try input(key).read(type) }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = members[key.stringValue], value != .null else { return nil }
        return try JSONInput(value, key, in: path).read(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try input(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try input(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try input(AnyKey(stringValue: "super")) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try input(key) }

    private func input(_ key: any CodingKey) throws -> JSONInput {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        return JSONInput(value, key, in: path)
    }
}

private struct JSONElementReader: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let path: JSONPath?
    private(set) var currentIndex = 0

    init(elements: [JSONValue], path: JSONPath?) {
        self.elements = elements
        self.path = path
    }

    var codingPath: [any CodingKey] { JSONPath.keys(path) }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try input().isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: JSONScalar>(_ type: Value.Type) throws -> Value {
        let value = try input().read(type)
        currentIndex += 1
        return value
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try input().read(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> JSONInput {
        let input = try input()
        currentIndex += 1
        return input
    }

    private func input() throws -> JSONInput {
        guard !isAtEnd else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "there are no more elements")
            throw DecodingError.valueNotFound(JSONValue.self, context)
        }
        return JSONInput(elements[currentIndex], AnyKey(intValue: currentIndex), in: path)
    }
}
