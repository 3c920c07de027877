package import Foundation

/// Payloads as JSON texts and back, on every wire.
///
/// A text is parsed once: what was validated as a ``JSONValue`` is what is decoded. Members are written in the order in
/// which the type encodes them.
package enum JSONCoding {
    /// - Parameter pretty: true for a line for each member and element, two spaces a level.
    /// - Throws: `EncodingError` for a number that is not finite; JSON has none.
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
        case is [String: JSONValue].Type: "an object"
        default: "of type \(type)"
        }
    }

    private static func range<Integer: FixedWidthInteger>(_: Integer.Type) -> String {
        "an integer from \(Integer.min) to \(Integer.max)"
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
        guard case .object(let members) = value else { throw mismatch([String: JSONValue].self) }
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
    let members: [String: JSONValue]
    let path: JSONPath?

    var codingPath: [any CodingKey] { JSONPath.keys(path) }
    var allKeys: [Key] { members.keys.compactMap(Key.init(stringValue:)) }

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
