import Endpoints
import EventLoop
import RPC
import RPCTesting
import Testing
import ZeroMQ

extension ConformanceTests {
    @Test("a handler runs on the thread of its service", arguments: Wire.allCases)
    func thread(wire: Wire) async throws {
        let transport = try WireTransport(wire)
        let dispatcher = try Dispatcher(
            ThreadService(transport.serviceThread), contract: ThreadContract.description, verifier: NoTokens())
        let front = try transport.makeFront(dispatcher, at: nil)
        let caller = try await transport.makeCaller(to: try await front.start()[0])
        let found = try await Client<ThreadContract>(caller).call(ThreadContract.check, timeout: .seconds(30))
        #expect(found.isOwn)
        await caller.close()
        await front.stop()
        await transport.close()
    }
}

private enum ThreadContract: Contract {
    static let name = "thread"
    static let version = "1.0.0"
    static let summary = "Is about threads."
    static let check = Endpoint<Empty, Found>(
        "check", .get, "/check", access: .open, deadline: .seconds(30), summary: "Says which thread runs the handler.")
    static let endpoints = EndpointList { check }
}

private struct Found: Payload {
    static let schema = Schema.object(.required("isOwn", .boolean(example: true), "True if it is the service's own."))

    let isOwn: Bool
}

private actor ThreadService: Service, ThreadBound {
    nonisolated let thread: SocketThread

    init(_ thread: SocketThread) {
        self.thread = thread
    }

    func check(_: Empty, _ context: CallContext) async -> Found { Found(isOwn: thread.isCurrent) }

    nonisolated var handlers: Handlers { Handlers { handle(ThreadContract.check, with: check) } }
}
