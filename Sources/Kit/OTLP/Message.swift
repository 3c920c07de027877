import Endpoints
import Foundation
import JSON
import RPC
import Tracing

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
        .object(JSONObject(fields.map { ($0.name, $0.value.json) }))
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

extension Message {
    /// An `ExportTraceServiceRequest`.
    ///
    /// - Parameter resource: the attributes of the process that made the spans.
    init(_ spans: [EndedSpan], from resource: [String: String]) {
        var source = Message()
        source.add(1, "attributes", .list(resource.sorted { $0.key < $1.key }.map { Message($0.key, .text($0.value)) }))
        var scope = Message()
        scope.add(1, "name", .text("starmicroservices"))
        var scopeSpans = Message()
        scopeSpans.add(1, "scope", .message(scope))
        scopeSpans.add(2, "spans", .list(spans.map(Message.init)))
        var resourceSpans = Message()
        resourceSpans.add(1, "resource", .message(source))
        resourceSpans.add(2, "scopeSpans", .list([scopeSpans]))
        add(1, "resourceSpans", .list([resourceSpans]))
    }

    private init(_ span: EndedSpan) {
        add(1, "traceId", .id(span.trace.traceID))
        add(2, "spanId", .id(span.trace.spanID))
        add(3, "traceState", span.trace.state.map { .text($0) })
        add(4, "parentSpanId", span.parentID.map { .id($0) })
        add(5, "name", .text(span.content.name))
        add(6, "kind", .small(span.kind.number))
        add(7, "startTimeUnixNano", .fixed64(span.start))
        add(8, "endTimeUnixNano", .fixed64(span.end))
        add(9, "attributes", .list(unlessEmpty: Self.list(span.content.attributes)))
        add(11, "events", .list(unlessEmpty: span.content.events.map(Message.init)))
        add(12, "droppedEventsCount", .small(unlessZero: span.content.droppedEvents))
        add(13, "links", .list(unlessEmpty: span.content.links.compactMap(Message.init)))
        add(14, "droppedLinksCount", .small(unlessZero: span.content.droppedLinks))
        add(15, "status", span.content.status.map { .message(Message($0)) })
        add(16, "flags", .fixed32(span.trace.isSampled ? 1 : 0))
    }

    private init(_ status: SpanStatus) {
        add(2, "message", status.message.map { .text($0) })
        add(3, "code", .small(status.code == .ok ? 1 : 2))
    }

    private init(_ event: SpanEvent) {
        add(1, "timeUnixNano", .fixed64(event.nanosecondsSinceEpoch))
        add(2, "name", .text(event.name))
        add(3, "attributes", .list(unlessEmpty: Self.list(event.attributes)))
    }

    /// `nil` if the link leads to no trace.
    private init?(_ link: SpanLink) {
        guard let trace = link.context.traceContext else { return nil }
        add(1, "traceId", .id(trace.traceID))
        add(2, "spanId", .id(trace.spanID))
        add(3, "traceState", trace.state.map { .text($0) })
        add(4, "attributes", .list(unlessEmpty: Self.list(link.attributes)))
    }

    private static func list(_ attributes: SpanAttributes) -> [Message] {
        var list: [(String, FieldValue)] = []
        attributes.forEach { name, value in
            if let value = value.value { list.append((name, value)) }
        }
        return list.sorted { $0.0 < $1.0 }.map { Message($0.0, $0.1) }
    }

    /// A `KeyValue`.
    private init(_ key: String, _ value: FieldValue) {
        add(1, "key", .text(key))
        add(2, "value", .message(Message(any: value)))
    }

    /// An `AnyValue`.
    private init(any value: FieldValue) {
        switch value {
        case .text: add(1, "stringValue", value)
        case .bool: add(2, "boolValue", value)
        case .int64: add(3, "intValue", value)
        case .double: add(4, "doubleValue", value)
        default: add(5, "arrayValue", value)
        }
    }

    /// An `ArrayValue`.
    fileprivate init(array values: [FieldValue]) {
        add(1, "values", .list(values.map { Message(any: $0) }))
    }
}

extension SpanAttribute {
    fileprivate var value: Message.FieldValue? {
        switch self {
        case .string(let text): .text(text)
        case .bool(let flag): .bool(flag)
        case .int32(let number): .int64(Int64(number))
        case .int64(let number): .int64(number)
        case .double(let number): .double(number)
        case .stringConvertible(let value): .text(value.description)
        case .stringArray(let texts): .message(Message(array: texts.map { .text($0) }))
        case .boolArray(let flags): .message(Message(array: flags.map { .bool($0) }))
        case .int32Array(let numbers): .message(Message(array: numbers.map { .int64(Int64($0)) }))
        case .int64Array(let numbers): .message(Message(array: numbers.map { .int64($0) }))
        case .doubleArray(let numbers): .message(Message(array: numbers.map { .double($0) }))
        case .stringConvertibleArray(let values): .message(Message(array: values.map { .text($0.description) }))
        default: nil
        }
    }
}

extension SpanKind {
    /// The number of OTLP's `SpanKind`.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
