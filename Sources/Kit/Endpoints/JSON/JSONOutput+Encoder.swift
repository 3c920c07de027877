/// The place of the next value in a text: the encoder that an `Encodable` type is given.
struct JSONNode: Encoder, SingleValueEncodingContainer {
    let output: JSONOutput

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONMembers(output: output, place: output.text.begin("{", "}")))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONElements(output: output, place: output.text.begin("[", "]"))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { output.text.write(word: "null") }

    func encode<Value: JSONScalar>(_ value: Value) throws { try output.text.write(value) }

    func encode<Value: Encodable>(_ value: Value) throws { try output.write(value) }
}

private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let place: JSONText.Place

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        try output.text.next(in: place, named: key.stringValue)
        output.text.write(word: "null")
    }

    func encode<Value: JSONScalar>(_ value: Value, forKey key: Key) throws {
        try output.text.next(in: place, named: key.stringValue)
        try output.text.write(value)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try output.text.next(in: place, named: key.stringValue)
        try output.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        node(key).container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        node(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { node(AnyKey(stringValue: "super")) }

    func superEncoder(forKey key: Key) -> any Encoder { node(key) }

    /// The protocol lets this throw nothing. A container that has ended leaves its text broken, and its next value says
    /// so.
    private func node(_ key: any CodingKey) -> JSONNode {
        try? output.text.next(in: place, named: key.stringValue)
        return JSONNode(output: output)
    }
}

private struct JSONElements: UnkeyedEncodingContainer {
    let output: JSONOutput
    let place: JSONText.Place
    private(set) var count = 0

    var codingPath: [any CodingKey] { [] }

    init(output: JSONOutput, place: JSONText.Place) {
        self.output = output
        self.place = place
    }

    mutating func encodeNil() throws {
        try output.text.next(in: place)
        output.text.write(word: "null")
        count += 1
    }

    mutating func encode<Value: JSONScalar>(_ value: Value) throws {
        try output.text.next(in: place)
        try output.text.write(value)
        count += 1
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try output.text.next(in: place)
        try output.write(value)
        count += 1
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        node().container(keyedBy: Nested.self)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { node().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { node() }

    private mutating func node() -> JSONNode {
        try? output.text.next(in: place)
        count += 1
        return JSONNode(output: output)
    }
}

enum AnyKey: CodingKey {
    case name(String)
    case index(Int)

    init(stringValue: String) { self = .name(stringValue) }

    init(intValue: Int) { self = .index(intValue) }

    var stringValue: String {
        switch self {
        case .name(let name): name
        case .index(let index): String(index)
        }
    }

    var intValue: Int? {
        guard case .index(let index) = self else { return nil }
        return index
    }
}
