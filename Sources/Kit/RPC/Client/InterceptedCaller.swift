import Endpoints

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
