import RPC
import Tracing

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
