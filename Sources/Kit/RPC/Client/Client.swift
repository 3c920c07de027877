public import Endpoints

/// Calls a service by its contract, over any transport.
///
/// ```swift
/// let greeting = Client<GreetingContract>(caller)
/// let hello = try await greeting.call(GreetingContract.greet, Person(name: "Ada"), in: context)
/// ```
public struct Client<C: Contract>: Sendable {
    private let caller: any Caller

    /// - Parameter interceptors: wrap each call, the first outermost.
    public init(_ caller: any Caller, interceptors: [any ClientInterceptor] = .tracing) {
        self.caller = interceptors.isEmpty ? caller : InterceptedCaller(caller, interceptors)
    }

    /// True if the service can be reached as far as is known.
    public var isConnected: Bool {
        get async { await caller.isConnected }
    }

    /// Calls an endpoint.
    ///
    /// - Parameters:
    ///   - input: checked by the service, not here.
    ///   - context: of the call that causes this one, which then shares its trace and ends by its deadline.
    ///   - token: the bearer token to show.
    ///   - timeout: how long the call may take; the endpoint's own deadline by default.
    ///   - timing: gets where the service's time went.
    /// - Throws: the service's ``Problem``, or one of ``Caller/call(_:_:)``; ``Problem/Kind/tokenInvalid`` for a token that
    ///   no header can hold, such as one with the line end of its file.
    public func call<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ input: Input, in context: CallContext? = nil, token: String? = nil,
        timeout: Duration? = nil, timing: ReportedTimings? = nil
    ) async throws(Problem) -> Output {
        let time = min(timeout ?? endpoint.description.deadline, context?.remaining ?? Dispatcher.maxDeadline)
        guard time > .zero else { throw Problem.late.from(.call) }
        guard token?.isPrintableASCII != false else {
            throw Problem(
                .tokenInvalid, "The token holds a line end or another character that no header can hold.",
                isUnprocessed: true
            ).from(.call)
        }
        guard let body = try? PayloadCoder.encode(input) else {
            throw Problem(.invalid, "The input cannot be written as JSON.")
        }
        let call = Call(
            C.name + "." + endpoint.description.name, body: body, contentType: Input.schema.contentType, token: token,
            trace: context?.trace.child() ?? .root(), origin: context?.origin, timeout: time,
            transport: caller.transport, timing: timing)
        switch await caller.call(call, endpoint.description) {
        case .success(_, let body, _): return try PayloadCoder.output(Output.self, from: body)
        case .failure(let problem): throw problem.from(.call)
        }
    }
}

extension Client {
    /// Calls an endpoint without input.
    ///
    /// - Throws: the service's ``Problem``, or one of ``Caller/call(_:_:)``.
    public func call<Output>(
        _ endpoint: Endpoint<Empty, Output>, in context: CallContext? = nil, token: String? = nil,
        timeout: Duration? = nil, timing: ReportedTimings? = nil
    ) async throws(Problem) -> Output {
        try await call(endpoint, Empty(), in: context, token: token, timeout: timeout, timing: timing)
    }
}

/// Passes each call through interceptors, the first outermost, before another caller sends it.
struct InterceptedCaller: Caller {
    private let caller: any Caller
    private let interceptors: [any ClientInterceptor]

    init(_ caller: any Caller, _ interceptors: [any ClientInterceptor]) {
        self.caller = caller
        self.interceptors = interceptors
    }

    var transport: Transport { caller.transport }

    var isConnected: Bool { get async { await caller.isConnected } }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        await send(call, endpoint, interceptors[...])
    }

    func close() async { await caller.close() }

    private func send(
        _ call: Call, _ endpoint: EndpointDescriptor, _ interceptors: ArraySlice<any ClientInterceptor>
    ) async -> Reply {
        guard let first = interceptors.first else { return await caller.call(call, endpoint) }
        return await first.intercept(call, to: endpoint) { call in
            await send(call, endpoint, interceptors.dropFirst())
        }
    }
}
