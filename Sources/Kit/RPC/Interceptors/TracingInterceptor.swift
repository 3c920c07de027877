public import Endpoints
public import Tracing

/// Makes a span of each call, at the client and at the service, with the attributes that OpenTelemetry names for RPC and
/// HTTP, and passes `traceparent` and `tracestate` on as the tracer writes them. Calls to the kit's own endpoints, such as
/// probes of health, have no span at the service.
public struct TracingInterceptor: Sendable {
    private let tracer: any Tracer

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
