public import Endpoints

/// Calls a service in the same process, without a wire.
public struct InProcessCaller: Caller {
    private let dispatcher: Dispatcher

    public init(_ dispatcher: Dispatcher) {
        self.dispatcher = dispatcher
    }

    public var isConnected: Bool { true }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        await dispatcher.dispatch(call)
    }

    public func close() {}
}
