public import Foundation

/// Any JSON value (RFC 8259). The members of objects keep their order, in which they are written.
///
/// ```swift
/// let info: JSONValue = ["title": .string(title), "summary": nil]  // a member that is nil is left out
/// ```
public enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// Reads a JSON text.
    ///
    /// - Throws: ``JSONSyntaxError`` if the bytes are not JSON, name a member twice, or nest deeper than 128 levels.
    public init(json: Data) throws(JSONSyntaxError) {
        self = try JSONParser.parse(json)
    }

    /// The value as a JSON text.
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

    /// The members of an object, in their order; none for anything else.
    public var members: JSONObject {
        guard case .object(let members) = self else { return [:] }
        return members
    }

    /// The elements of an array; none for anything else.
    public var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
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

    /// The value with the members of all objects in alphabetical order: the same for values that are equal.
    package var sorted: JSONValue {
        switch self {
        case .object(let members):
            .object(JSONObject(members.sorted { $0.name < $1.name }.map { ($0.name, $0.value.sorted) }))
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .integer, .number, .string: self
        }
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        if let members = try? JSONObject(from: decoder) {
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
        case .object(let members): try members.encode(to: encoder)
        }
    }

    /// The integer that a number is read as, and written as: JSON Schema has 1.0 and 1e3 be integers. Above 2^53 a `Double`
    /// does not show which.
    package static func wholeNumber(_ number: Double) -> Int? {
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
    public init(dictionaryLiteral members: (String, JSONValue?)...) {
        self = .object(JSONObject(members.lazy.compactMap { name, value in value.map { (name, $0) } }))
    }
}

/// The members of a JSON object, in the order in which they were read or written. Each has a name of its own.
///
/// Objects with the same members are equal, in whatever order these are: to JSON the order says nothing (RFC 8259, section 4).
///
/// ```swift
/// var members: JSONObject = ["name": "Ada", "nickname": nil]  // a member that is nil is left out
/// members["name"] = "Grace"  // in its place
/// ```
public struct JSONObject: Sendable {
    private var members: [(name: String, value: JSONValue)] = []
    /// The positions of the members by their names; `nil` for few members, which are sooner compared one by one.
    ///
    /// Strangers choose the names, but not where they fall in a `Dictionary`: each process has a seed of its own.
    private var positions: [String: Int]?

    private static let maxUnindexedCount = 16

    /// An object without members.
    public init() {}

    /// An object of these members. Of those with one name the last value stays, in the place of the first.
    public init(_ members: some Sequence<(name: String, value: JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    /// The value of a member; `nil` for none, which takes the member away. A new member is the last one.
    public subscript(_ name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            guard let index = index(of: name) else {
                if let newValue { append(name, newValue) }
                return
            }
            if let newValue {
                members[index].value = newValue
            } else {
                members.remove(at: index)
                positions = nil
                indexIfMany()
            }
        }
    }

    /// Adds a member at the end.
    ///
    /// - Returns: false if there is one with the name already, which stays as it is.
    mutating func add(_ name: String, _ value: JSONValue) -> Bool {
        guard index(of: name) == nil else { return false }
        append(name, value)
        return true
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        members.append((name, value))
        positions?[name] = members.count - 1
        if positions == nil { indexIfMany() }
    }

    private mutating func indexIfMany() {
        guard members.count > Self.maxUnindexedCount else { return }
        var positions: [String: Int] = Dictionary(minimumCapacity: 2 * members.count)
        for index in members.indices { positions[members[index].name] = index }
        self.positions = positions
    }

    private func index(of name: String) -> Int? {
        if let positions { return positions[name] }
        for index in members.indices where members[index].name == name { return index }
        return nil
    }
}

extension JSONObject {
    /// The names of the members, in their order.
    public var names: [String] { members.map(\.name) }

    /// The object with another value for a member, or without the member if that is `nil`.
    public func setting(_ name: String, to value: JSONValue?) -> JSONObject {
        var object = self
        object[name] = value
        return object
    }

    /// The object with the members of another one after its own, and with the other's values for those that both have.
    public func merging(_ other: JSONObject) -> JSONObject {
        var object = self
        for (name, value) in other.members { object[name] = value }
        return object
    }
}

extension JSONObject: RandomAccessCollection {
    /// Zero: the index of the first member.
    public var startIndex: Int { 0 }
    /// The number of members.
    public var endIndex: Int { members.count }

    /// The member at an index: its name and its value.
    public subscript(position: Int) -> (name: String, value: JSONValue) { members[position] }
}

extension JSONObject: Hashable {
    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        one.count == other.count
            && one.members.indices.allSatisfy { index in
                let (name, value) = one.members[index]
                // Most objects that are compared were made in one way, and have one order.
                return other.members[index].name == name
                    ? other.members[index].value == value : other[name] == value
            }
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (name, value) in members {
            var hasher = hasher
            hasher.combine(name)
            hasher.combine(value)
            sum ^= hasher.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSONValue?)...) {
        for case (let name, let value?) in members { self[name] = value }
    }
}

extension JSONObject: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        for key in container.allKeys { self[key.stringValue] = try container.decode(JSONValue.self, forKey: key) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        for (name, value) in members { try container.encode(value, forKey: AnyKey(stringValue: name)) }
    }
}
