internal import Foundation

/// The text that `Encodable` types write to. One whose own `encode(to:)` goes back into a container that has ended gets an
/// `EncodingError`.
final class JSONOutput {
    /// Nothing that it does comes back here, so that two accesses at once cannot be.
    @exclusivity(unchecked) var text: JSONText

    init(isPretty: Bool) {
        text = JSONText(isPretty: isPretty)
    }

    func write<Value: Encodable>(_ value: Value) throws {
        if FoundationScalar.contains(Value.self), let scalar = value as? any JSONScalar {
            return try text.write(scalar)
        }
        let start = text.size
        let depth = text.depth
        try value.encode(to: JSONNode(output: self))
        text.close(to: depth)
        // A type that encodes nothing is an empty object.
        if text.size == start { text.write(literal: "{}") }
    }
}

/// The place of the next value in a text: the encoder that an `Encodable` type is given.
struct JSONNode: Encoder, SingleValueEncodingContainer {
    let output: JSONOutput

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONMemberWriter(output: output, container: output.text.begin("{", "}")))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONElementWriter(output: output, container: output.text.begin("[", "]"))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { output.text.write(literal: "null") }

    func encode<Value: JSONScalar>(_ value: Value) throws { try output.text.write(value) }

    func encode<Value: Encodable>(_ value: Value) throws { try output.write(value) }
}

private struct JSONMemberWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let container: JSONText.Container

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        try output.text.next(in: container, named: key.stringValue)
        output.text.write(literal: "null")
    }

    func encode<Value: JSONScalar>(_ value: Value, forKey key: Key) throws {
        try output.text.next(in: container, named: key.stringValue)
        try output.text.write(value)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try output.text.next(in: container, named: key.stringValue)
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
        try? output.text.next(in: container, named: key.stringValue)
        return JSONNode(output: output)
    }
}

private struct JSONElementWriter: UnkeyedEncodingContainer {
    let output: JSONOutput
    let container: JSONText.Container
    private(set) var count = 0

    var codingPath: [any CodingKey] { [] }

    init(output: JSONOutput, container: JSONText.Container) {
        self.output = output
        self.container = container
    }

    mutating func encodeNil() throws {
        try output.text.next(in: container)
        output.text.write(literal: "null")
        count += 1
    }

    mutating func encode<Value: JSONScalar>(_ value: Value) throws {
        try output.text.next(in: container)
        try output.text.write(value)
        count += 1
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try output.text.next(in: container)
        try output.write(value)
        count += 1
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        node().container(keyedBy: Nested.self)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { node().unkeyedContainer() }

    mutating func superEncoder() -> any Encoder { node() }

    private mutating func node() -> JSONNode {
        try? output.text.next(in: container)
        count += 1
        return JSONNode(output: output)
    }
}

/// The name of a member, or the index of an element, that no type declares.
package enum AnyKey: CodingKey {
    case name(String)
    case index(Int)

    package init(stringValue: String) { self = .name(stringValue) }

    package init(intValue: Int) { self = .index(intValue) }

    package var stringValue: String {
        switch self {
        case .name(let name): name
        case .index(let index): String(index)
        }
    }

    package var intValue: Int? {
        guard case .index(let index) = self else { return nil }
        return index
    }
}

/// A JSON text that is being written, front to back.
///
/// It keeps no tree: an object or array ends as soon as something is written to one that it is in.
struct JSONText: ~Copyable {
    private var bytes = TextBytes()
    /// The objects and arrays that have begun and not ended, outermost first.
    private var open: [Open] = []
    private var lastID = 0
    private let isPretty: Bool

    private struct Open {
        let id: Int
        let end: UInt8
        var isEmpty = true
    }

    /// An object or array, where it stands among those that are open.
    struct Container {
        fileprivate let index: Int
        fileprivate let id: Int
    }

    /// - Parameter isPretty: true for a line for each member and element, two spaces a level.
    init(isPretty: Bool) {
        self.isPretty = isPretty
    }

    /// In bytes.
    var size: Int { bytes.count }

    /// Ends the text.
    mutating func finish() -> Data {
        close(to: 0)
        return bytes.release()
    }

    /// The number of objects and arrays that are open.
    var depth: Int { open.count }

    mutating func write(_ scalar: some JSONScalar) throws {
        try scalar.append(to: &bytes)
    }

    mutating func write(literal: StaticString) {
        bytes.append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Begins an object or an array.
    mutating func begin(_ start: Unicode.Scalar, _ end: Unicode.Scalar) -> Container {
        bytes.append(UInt8(ascii: start))
        lastID += 1
        open.append(Open(id: lastID, end: UInt8(ascii: end)))
        return Container(index: open.count - 1, id: lastID)
    }

    /// Ends what has begun within, and writes the comma before the next element.
    mutating func next(in container: Container) throws {
        guard container.index < open.count, open[container.index].id == container.id else {
            let reason = "A container has ended when another one was written to; write one after the other."
            throw EncodingError.notJSON(container, reason)
        }
        close(to: container.index + 1)
        if open[container.index].isEmpty {
            open[container.index].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
        if isPretty { beginLine() }
    }

    mutating func next(in container: Container, named key: String) throws {
        try next(in: container)
        key.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
    }

    /// Ends objects and arrays, until so many are open.
    mutating func close(to depth: Int) {
        while open.count > depth, let last = open.popLast() {
            if isPretty, !last.isEmpty { beginLine() }
            bytes.append(last.end)
        }
    }

    private mutating func beginLine() {
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<2 * open.count { bytes.append(UInt8(ascii: " ")) }
    }
}

/// Bytes that are written front to back, in memory that `Data` takes over: a long text is not copied at its end.
struct TextBytes: ~Copyable {
    private var storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var count = 0

    /// Bytes.
    private static let minCapacity = 128

    deinit { free(storage.baseAddress) }

    mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        storage[count] = byte
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        makeRoom(for: bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Room for a long text and for what follows it, so that it is not copied once more for a few bytes.
    mutating func reserve(_ size: Int) {
        if count + size > storage.count { grow(to: count + size + (count + size) / 4) }
    }

    /// Hands the memory over, and begins anew.
    mutating func release() -> Data {
        guard let start = storage.baseAddress else { return Data() }
        defer {
            storage = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            count = 0
        }
        return Data(bytesNoCopy: start, count: count, deallocator: .free)
    }

    private mutating func makeRoom(for size: Int) {
        if count + size > storage.count { grow(to: max(count + size, storage.count * 2, Self.minCapacity)) }
    }

    private mutating func grow(to capacity: Int) {
        guard let start = realloc(storage.baseAddress, capacity) else { fatalError("The memory is exhausted.") }
        storage = UnsafeMutableRawBufferPointer(start: start, count: capacity)
    }
}
