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
        return try Value(from: self)
    }

    var isNull: Bool { value == .null }

    func mismatch(_ type: Any.Type) -> DecodingError {
        let detail = isNull ? "is null" : "must be of type \(type)"
        return .typeMismatch(type, .init(codingPath: JSONPath.keys(path), debugDescription: detail))
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
