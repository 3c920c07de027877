import Contracts
import Endpoints
import HTTPTransport
import RPC
import ZeroMQ
import ZeroMQTransport

/// A way to make calls whose times are compared.
protocol BenchWire: Sendable {
    var name: String { get }

    /// Makes calls, `callers` at a time, and returns the time of each.
    func call(_ count: Int, callers: Int) async throws -> [Duration]

    func close() async
}

/// libzmq alone.
struct BareWire: BenchWire {
    let name = "libzmq alone (C)"
    let address: String

    func call(_ count: Int, callers: Int) async throws -> [Duration] {
        var client = try BareZeroMQ.Client(address)
        var times: [Duration] = []
        client.call(min(count, 100), window: 1) { _ in }
        client.call(count, window: callers) { times.append($0) }
        return times
    }

    func close() {}
}

/// The kit over ZeroMQ, called from an actor on the thread that owns the socket, as a service calls.
actor ZeroMQWire: BenchWire, ThreadBound {
    nonisolated let name = "ZeroMQ ipc"
    nonisolated let thread: SocketThread

    private let caller: ZeroMQCaller
    private let load: Load
    private let context: Context

    init(_ address: String, token: String) async throws {
        context = try Context()
        thread = try SocketThread(name: "caller")
        caller = ZeroMQCaller(try Address(address), on: thread, context: context)
        load = Load(client: Client(caller), token: token)
        try await caller.start()
    }

    func call(_ count: Int, callers: Int) async throws -> [Duration] {
        try await load.run(count, callers: callers)
    }

    func close() async {
        await caller.close()
        await thread.shutdown()
        context.terminate()
    }
}

/// The kit over HTTP with kept-alive connections.
struct HTTPWire: BenchWire {
    let name = "HTTP keep-alive"
    private let caller: HTTPCaller
    private let load: Load

    init(_ address: String, token: String) {
        caller = HTTPCaller(address)
        load = Load(client: Client(caller), token: token)
    }

    func call(_ count: Int, callers: Int) async throws -> [Duration] {
        try await load.run(count, callers: callers)
    }

    func close() async {
        await caller.close()
    }
}

/// Many callers of one client, on the executor of whoever runs it.
private struct Load: Sendable {
    let client: Client<ResourceContract>
    let token: String

    func run(_ count: Int, callers: Int, on isolation: isolated (any Actor)? = #isolation) async throws -> [Duration] {
        let share = (count + callers - 1) / callers
        var tasks: [Task<[Duration], any Error>] = []
        for _ in 0..<callers {
            // Naming it keeps the task on the actor; inside another closure it would not.
            tasks.append(
                Task {
                    _ = isolation
                    return try await one(share)
                })
        }
        var times: [Duration] = []
        for caller in tasks { times += try await caller.value }
        return times
    }

    private func one(_ count: Int) async throws -> [Duration] {
        var times: [Duration] = []
        times.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            _ = try await client.call(ResourceContract.currentTime, token: token, timeout: .seconds(10))
            times.append(start.duration(to: .now))
        }
        return times
    }
}
