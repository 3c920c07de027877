import Endpoints
import Foundation

extension Message {
    /// The message as OTLP writes it in JSON: ids in hexadecimal digits, enums as numbers, 64-bit integers as strings.
    var json: Data { value.json() }

    fileprivate var value: JSONValue {
        .object(Dictionary(fields.map { ($0.name, $0.value.json) }) { _, last in last })
    }
}

extension Message.Value {
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
