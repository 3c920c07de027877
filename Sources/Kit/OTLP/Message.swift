/// A message of OTLP: its fields with their numbers, for protobuf, and their names, for JSON.
struct Message {
    enum Value {
        case text(String)
        /// Bytes, as hexadecimal digits.
        case id(String)
        case bool(Bool)
        /// An enum or a 32-bit number.
        case small(Int)
        case int64(Int64)
        case double(Double)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case message(Message)
        case list([Message])
    }

    struct Field {
        let number: Int
        let name: String
        let value: Value
    }

    private(set) var fields: [Field] = []

    /// Adds a field, unless its value is `nil`.
    mutating func add(_ number: Int, _ name: String, _ value: Value?) {
        if let value { fields.append(Field(number: number, name: name, value: value)) }
    }
}

extension Message.Value {
    /// `nil` for an empty list, which is left out.
    static func list(unlessEmpty messages: [Message]) -> Self? { messages.isEmpty ? nil : .list(messages) }

    /// `nil` for zero, which is left out.
    static func small(unlessZero number: Int) -> Self? { number == 0 ? nil : .small(number) }
}
