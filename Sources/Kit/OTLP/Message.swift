import Endpoints
import Foundation

/// A message of OTLP: its fields with their numbers, for protobuf, and their names, for JSON.
struct Message {
    enum FieldValue {
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

    struct MessageField {
        let number: Int
        let name: String
        let value: FieldValue
    }

    private(set) var fields: [MessageField] = []

    /// Adds a field, unless its value is `nil`.
    mutating func add(_ number: Int, _ name: String, _ value: FieldValue?) {
        if let value { fields.append(MessageField(number: number, name: name, value: value)) }
    }
}

extension Message.FieldValue {
    /// `nil` for an empty list, which is left out.
    static func list(unlessEmpty messages: [Message]) -> Self? { messages.isEmpty ? nil : .list(messages) }

    /// `nil` for zero, which is left out.
    static func small(unlessZero number: Int) -> Self? { number == 0 ? nil : .small(number) }
}

extension Message {
    /// The message as OTLP writes it in JSON: ids in hexadecimal digits, enums as numbers, 64-bit integers as strings.
    var json: Data { value.json() }

    fileprivate var value: JSONValue {
        .object(Dictionary(fields.map { ($0.name, $0.value.json) }) { _, last in last })
    }
}

extension Message.FieldValue {
    fileprivate var json: JSONValue {
        switch self {
        case .text(let text), .id(let text): .string(text)
        case .bool(let flag): .bool(flag)
        case .small(let number): .integer(number)
        case .int64(let number): .string(String(number))
        case .fixed32(let number): .integer(Int(number))
        case .fixed64(let number): .string(String(number))
        case .double(let number): Self.json(number)
        case .message(let message): message.value
        case .list(let messages): .array(messages.map(\.value))
        }
    }

    private static func json(_ number: Double) -> JSONValue {
        if number.isFinite { return .number(number) }
        return .string(number.isNaN ? "NaN" : number > 0 ? "Infinity" : "-Infinity")
    }
}

extension Message {
    /// The message in protobuf's binary format.
    var protobuf: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields { field.write(to: &bytes) }
        return bytes
    }
}

extension Message.MessageField {
    /// The layout of a value, as a field's key has it (“wire type” in protobuf's documents).
    private enum Layout: UInt64 {
        case varint = 0
        case fixed64 = 1
        case delimited = 2
        case fixed32 = 5
    }

    fileprivate func write(to bytes: inout [UInt8]) {
        switch value {
        case .text(let text): write(Array(text.utf8), to: &bytes)
        case .id(let digits): write(digits.hexadecimalBytes, to: &bytes)
        case .message(let message): write(message.protobuf, to: &bytes)
        case .list(let messages): for message in messages { write(message.protobuf, to: &bytes) }
        case .bool(let flag): write(varint: flag ? 1 : 0, to: &bytes)
        case .small(let number): write(varint: UInt64(bitPattern: Int64(number)), to: &bytes)
        case .int64(let number): write(varint: UInt64(bitPattern: number), to: &bytes)
        case .double(let number): write(number.bitPattern, .fixed64, to: &bytes)
        case .fixed64(let number): write(number, .fixed64, to: &bytes)
        case .fixed32(let number): write(number, .fixed32, to: &bytes)
        }
    }

    private func write(_ content: [UInt8], to bytes: inout [UInt8]) {
        write(key: .delimited, to: &bytes)
        bytes.append(varint: UInt64(content.count))
        bytes += content
    }

    private func write(varint number: UInt64, to bytes: inout [UInt8]) {
        write(key: .varint, to: &bytes)
        bytes.append(varint: number)
    }

    private func write(_ number: some FixedWidthInteger, _ layout: Layout, to bytes: inout [UInt8]) {
        write(key: layout, to: &bytes)
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    private func write(key layout: Layout, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(number) << 3 | layout.rawValue)
    }
}

extension [UInt8] {
    fileprivate mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

extension String {
    fileprivate var hexadecimalBytes: [UInt8] {
        let digits = utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
