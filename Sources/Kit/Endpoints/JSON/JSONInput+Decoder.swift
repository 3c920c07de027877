extension JSONInput: Decoder, SingleValueDecodingContainer {
    var codingPath: [any CodingKey] { JSONPath.keys(path) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch([String: JSONValue].self) }
        return KeyedDecodingContainer(JSONMembers(members: members, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([JSONValue].self) }
        return JSONElements(elements: elements, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { isNull }

    func decode<Value: JSONScalar>(_ type: Value.Type) throws -> Value { try read(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try read(type) }
}

private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
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

private struct JSONElements: UnkeyedDecodingContainer {
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
