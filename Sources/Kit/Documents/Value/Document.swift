public import JSON

/// A document as a value: what JSON can say, with the members of objects in the order in which people should read them.
///
/// ```swift
/// let info: Document = ["title": .string(title), "summary": nil]  // a member that is nil is left out
/// ```
public enum Document: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([Document])
    case object([Member])

    /// A member of an object.
    public struct Member: Sendable, Hashable {
        /// The name of the member.
        public let name: String
        /// The value of the member.
        public let value: Document

        /// A member of this name and value.
        public init(_ name: String, _ value: Document) {
            self.name = name
            self.value = value
        }
    }

    /// The member of an object, or the element of an array by its number; otherwise `nil`.
    public subscript(_ name: String) -> Document? {
        switch self {
        case .object(let members): members.first { $0.name == name }?.value
        case .array(let elements): Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
        default: nil
        }
    }

    /// The members of an object, in their order; none for anything else.
    public var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }

    /// The elements of an array; none for anything else.
    public var elements: [Document] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// The text of a string, or `nil`.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension Document {
    /// The value, with the members of objects in alphabetical order.
    public init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { Document($0) })
        case .object(let members):
            self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, Document($0.value)) })
        }
    }

    /// The object with one more member at its end, or with another value in the place of the one it has.
    func setting(_ name: String, _ value: Document?) -> Document {
        guard let value else { return self }
        var members = members
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index] = Member(name, value)
        } else {
            members.append(Member(name, value))
        }
        return .object(members)
    }
}

extension Document: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Document...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, Document?)...) {
        self = .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}
