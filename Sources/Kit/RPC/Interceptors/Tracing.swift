public import Endpoints
import Synchronization
public import Tracing

/// A call's position in its trace (W3C Trace Context: `traceparent`, version 00, and `tracestate`).
public struct TraceContext: Sendable {
    private let traceHigh: UInt64
    private let traceLow: UInt64
    private let span: UInt64
    private var flags: UInt8
    /// The span that caused this one; this one itself if another process has sent it, and 0 if none did.
    private let cause: UInt64
    /// The value of the header `tracestate`: data of other tracing systems, which is passed on unchanged.
    public private(set) var state: String?

    /// The first call of a new trace.
    public static func root() -> TraceContext {
        TraceContext(
            traceHigh: Identifiers.next(), traceLow: Identifiers.next(), span: Identifiers.next(), flags: 1, cause: 0)
    }

    /// A call that this one causes: the same trace, its own span.
    public func child() -> TraceContext {
        TraceContext(
            traceHigh: traceHigh, traceLow: traceLow, span: Identifiers.next(), flags: flags, cause: span, state: state)
    }

    /// The position of the call that caused this one, if one did: what a span of this call is a child of.
    var parent: TraceContext? {
        guard cause != 0 else { return nil }
        return TraceContext(
            traceHigh: traceHigh, traceLow: traceLow, span: cause, flags: flags, cause: cause, state: state)
    }

    /// 32 lower-case hexadecimal digits. By it a person finds the log lines of a request in every service it passed.
    public var traceID: String {
        String(unsafeUninitializedCapacity: 32) { digits in
            digits.write(hexadecimal: traceHigh, at: 0)
            digits.write(hexadecimal: traceLow, at: 16)
            return 32
        }
    }

    /// 16 lower-case hexadecimal digits.
    public var spanID: String {
        String(unsafeUninitializedCapacity: 16) { digits in
            digits.write(hexadecimal: span, at: 0)
            return 16
        }
    }

    /// True if whoever began the trace may have recorded it. A trace that begins here is.
    public var isSampled: Bool {
        get { flags & 1 == 1 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }

    /// The value of the header `traceparent`.
    public var header: String {
        String(unsafeUninitializedCapacity: 55) { text in
            text.write(hexadecimal: UInt8(0), at: 0)
            text.write(hexadecimal: traceHigh, at: 3)
            text.write(hexadecimal: traceLow, at: 19)
            text.write(hexadecimal: span, at: 36)
            text.write(hexadecimal: flags, at: 53)
            for place in Self.hyphens { text[place] = UInt8(ascii: "-") }
            return 55
        }
    }

    /// The ends of the parts of a header.
    private static let hyphens = [2, 35, 52]

    private init(
        traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8, cause: UInt64, state: String? = nil
    ) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
        self.cause = cause
        self.state = state
    }
}

/// Equal if they are the same on a wire.
extension TraceContext: Hashable {
    public static func == (one: TraceContext, other: TraceContext) -> Bool {
        one.traceHigh == other.traceHigh && one.traceLow == other.traceLow && one.span == other.span
            && one.flags == other.flags && one.state == other.state
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(traceLow)
        hasher.combine(span)
    }
}

extension TraceContext {
    /// Reads the header `traceparent`; `nil` if it is not well-formed or all zero, and a new trace must begin.
    ///
    /// - Parameter state: the header `tracestate`. One that is not well-formed or longer than 512 bytes is dropped.
    public init?(header: String, state: String? = nil) {
        var header = header
        guard let context = header.withUTF8({ TraceContext(header: UnsafeRawBufferPointer($0), state: state) }) else {
            return nil
        }
        self = context
    }

    /// Reads the header `traceparent` from its bytes.
    package init?(header: UnsafeRawBufferPointer, state: @autoclosure () -> String?) {
        guard let context = TraceContext.read(header) else { return nil }
        self = context
        self.state = state().flatMap { TraceState.isValid($0) ? $0 : nil }
    }

    /// `00-<32 digits>-<16 digits>-<2 digits>`. A later version may go on after another hyphen.
    private static func read(_ text: UnsafeRawBufferPointer) -> TraceContext? {
        let hyphen = UInt8(ascii: "-")
        guard text.count == 55 || (text.count > 55 && text[55] == hyphen),
            text[2] == hyphen, text[35] == hyphen, text[52] == hyphen,
            let version = number(text[0..<2], as: UInt8.self), version != 0xFF, version != 0 || text.count == 55,
            let high = number(text[3..<19], as: UInt64.self), let low = number(text[19..<35], as: UInt64.self),
            let span = number(text[36..<52], as: UInt64.self), let flags = number(text[53..<55], as: UInt8.self),
            high | low != 0, span != 0
        else { return nil }
        return TraceContext(traceHigh: high, traceLow: low, span: span, flags: flags & knownFlags, cause: span)
    }

    /// Sampled and random; others are not passed on (W3C Trace Context Level 2, section 3.2.2.5).
    private static let knownFlags: UInt8 = 0b11

    private static func number<Number: FixedWidthInteger>(
        _ digits: Slice<UnsafeRawBufferPointer>, as: Number.Type
    ) -> Number? {
        var value: Number = 0
        var isNumber = true
        for byte in UnsafeRawBufferPointer(rebasing: digits) {
            let (digit, letter) = (byte &- UInt8(ascii: "0"), byte &- UInt8(ascii: "a"))
            isNumber = isNumber && (digit < 10 || letter < 6)
            value = value << 4 | Number(truncatingIfNeeded: digit < 10 ? digit : letter &+ 10)
        }
        return isNumber ? value : nil
    }
}

/// Numbers that hardly ever repeat, for traces. They are no secret: SplitMix64 over a counter with a random start.
enum Identifiers {
    private static let counter = Atomic<UInt64>(UInt64.random(in: 0 ... .max))

    static func next() -> UInt64 {
        var mixed = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return max(1, mixed ^ (mixed >> 31))
    }
}

extension UnsafeMutableBufferPointer<UInt8> {
    /// Writes all digits, in lower case.
    fileprivate func write<Number: FixedWidthInteger>(hexadecimal number: Number, at start: Int) {
        var rest = number
        for place in (start..<start + Number.bitWidth / 4).reversed() {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            self[place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
            rest >>= 4
        }
    }
}

/// The form of the header `tracestate` (W3C Trace Context, section 3.3).
enum TraceState {
    /// As much as every participant should pass on.
    private static let maxBytes = 512
    private static let maxMembers = 32

    /// True for 1 to 32 members `key=value` between commas. Members may be empty, and have spaces and tabs around them.
    static func isValid(_ header: String) -> Bool {
        guard header.utf8.count <= maxBytes else { return false }
        let members = header.utf8.split(separator: UInt8(ascii: ",")).map(trimmed).filter { !$0.isEmpty }
        return (1...maxMembers).contains(members.count) && members.allSatisfy(isMember)
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let rest = text.drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return rest[rest.endIndex...] }
        return rest[...last]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isMember(_ member: Substring.UTF8View) -> Bool {
        guard let separator = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let (key, value) = (member[..<separator], member[separator...].dropFirst())
        return isKey(key) && (1...256).contains(value.count)
            && value.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }

    /// `vendor` or `tenant@vendor`.
    private static func isKey(_ key: Substring.UTF8View) -> Bool {
        guard let first = key.first, isLetterOrDigit(first), key.count <= 256 else { return false }
        return key.count(where: { $0 == UInt8(ascii: "@") }) <= 1
            && key.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// Makes a span of each call, at the client and at the service, with the attributes that OpenTelemetry names for RPC and
/// HTTP, and passes `traceparent` and `tracestate` on as the tracer writes them. Calls to the kit's own endpoints, such as
/// probes of health, have no span at the service.
public struct TracingInterceptor: Sendable {
    private let tracer: any Tracer

    /// An interceptor that makes spans of a tracer.
    public init(_ tracer: any Tracer) {
        self.tracer = tracer
    }

    /// `nil` if the process has bootstrapped no tracer.
    fileprivate static var bootstrapped: TracingInterceptor? {
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : TracingInterceptor(tracer)
    }
}

extension [any ServerInterceptor] {
    /// Spans by the tracer that the process has bootstrapped; nothing without one, so that calls cost nothing more.
    public static var tracing: [any ServerInterceptor] { TracingInterceptor.bootstrapped.map { [$0] } ?? [] }
}

extension [any ClientInterceptor] {
    /// Spans by the tracer that the process has bootstrapped; nothing without one, so that calls cost nothing more.
    public static var tracing: [any ClientInterceptor] { TracingInterceptor.bootstrapped.map { [$0] } ?? [] }
}

extension TracingInterceptor: ServerInterceptor {
    public func intercept(
        _ call: Call, to endpoint: EndpointDescriptor?, _ next: (Call) async -> Reply
    ) async -> Reply {
        guard !call.isInternal else { return await next(call) }
        let parent = serviceContext(of: call.trace) ?? .topLevel
        let span = tracer.startSpan(call.serverSpanName(endpoint), context: parent, ofKind: .server)
        if let origin = call.origin { span.attributes["client.address"] = origin }
        return await trace(call, endpoint, with: span, next)
    }
}

extension TracingInterceptor: ClientInterceptor {
    public func intercept(
        _ call: Call, to endpoint: EndpointDescriptor, _ next: (Call) async -> Reply
    ) async -> Reply {
        let parent = ServiceContext.current ?? serviceContext(of: call.trace) ?? .topLevel
        let span = tracer.startSpan(call.clientSpanName(endpoint), context: parent, ofKind: .client)
        return await trace(call, endpoint, with: span, next)
    }
}

extension TracingInterceptor {
    private func trace(
        _ call: Call, _ endpoint: EndpointDescriptor?, with span: any Span, _ next: (Call) async -> Reply
    ) async -> Reply {
        defer { span.end() }
        var call = call
        if let trace = traceContext(of: span.context) { call.trace = trace }
        span.updateAttributes { $0.describe(call, endpoint) }
        let reply = await ServiceContext.$current.withValue(span.context) { await next(call) }
        span.updateAttributes { $0.describe(reply, by: call.transport) }
        // The caller's fault is an error of the client's span only (OpenTelemetry, HTTP and RPC spans).
        if reply.status >= 500 { span.setStatus(SpanStatus(code: .error)) }
        return reply
    }

    private func serviceContext(of trace: TraceContext) -> ServiceContext? {
        guard let parent = trace.parent else { return nil }
        var context = ServiceContext.topLevel
        var carrier = ["traceparent": parent.header]
        carrier["tracestate"] = parent.state
        tracer.extract(carrier, into: &context, using: HeaderCarrier())
        return context
    }

    /// - Returns: `nil` if the tracer does not write W3C Trace Context.
    private func traceContext(of context: ServiceContext) -> TraceContext? {
        var carrier: [String: String] = [:]
        tracer.inject(context, into: &carrier, using: HeaderCarrier())
        return carrier["traceparent"].flatMap { TraceContext(header: $0, state: carrier["tracestate"]) }
    }
}

/// Header fields, by their names in lower case.
private struct HeaderCarrier: Extractor, Injector {
    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key.lowercased()] }

    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key.lowercased()] = value
    }
}

extension Call {
    /// `service/method`, as OpenTelemetry names spans of RPC.
    fileprivate var method: String { endpoint.replacing(".", with: "/", maxReplacements: 1) }

    /// `GET` over HTTP, for the path says nothing to a proxy between.
    fileprivate func clientSpanName(_ endpoint: EndpointDescriptor) -> String {
        transport == .http ? endpoint.http.method.rawValue : method
    }

    /// `GET /path/{field}` over HTTP.
    fileprivate func serverSpanName(_ endpoint: EndpointDescriptor?) -> String {
        guard transport == .http, let endpoint else { return method }
        return "\(endpoint.http.method.rawValue) \(endpoint.http.path)"
    }
}

extension SpanAttributes {
    fileprivate mutating func describe(_ call: Call, _ endpoint: EndpointDescriptor?) {
        let names = call.endpoint.split(separator: ".", maxSplits: 1)
        self["rpc.system"] = "starmicroservices"
        if let service = names.first { self["rpc.service"] = String(service) }
        if names.count == 2 { self["rpc.method"] = String(names[1]) }
        self["network.protocol.name"] = call.transport.name
        guard call.transport == .http, let endpoint else { return }
        self["http.request.method"] = endpoint.http.method.rawValue
        self["http.route"] = endpoint.http.path.description
    }

    fileprivate mutating func describe(_ reply: Reply, by transport: Transport) {
        self[transport == .http ? "http.response.status_code" : "rpc.response.status_code"] = reply.status
        if case .failure(let problem) = reply { self["error.type"] = problem.kind.code }
    }
}
