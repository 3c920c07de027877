import Endpoints
import EventLoop
import Foundation
import HTTPTransport
import RPC
import RPCTesting
import Synchronization
import Testing
import ZeroMQ
import ZeroMQTransport

/// One of the kit's transports, with threads and a folder of its own.
final class WireTransport: TestTransport {
    let wire: Wire
    let serviceThread: SocketThread

    private let callerThread: SocketThread
    private let folder: URL
    /// The dispatcher that callers in the process call.
    private let dispatcher = Mutex<Dispatcher?>(nil)

    private static let contexts = Result { (builtIn: try Context(), libzmq: try Context(engine: .libzmq)) }

    /// The context of a wire's sockets.
    static func context(for wire: Wire) throws -> Context {
        let contexts = try contexts.get()
        return wire == .ipcByLibzmq || wire == .tcpByLibzmq ? contexts.libzmq : contexts.builtIn
    }

    init(_ wire: Wire) throws {
        self.wire = wire
        serviceThread = try SocketThread(name: "service")
        callerThread = try SocketThread(name: "caller")
        // The path of a Unix socket has a hundred bytes.
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
    }

    var traits: TransportTraits { wire.traits }

    var executor: ServiceExecutor { serviceThread }

    func makeFront(_ dispatcher: Dispatcher, at address: String?) throws -> any Front {
        switch wire {
        case .inProcess:
            self.dispatcher.withLock { $0 = dispatcher }
            return NoFront()
        case .http:
            return try HTTPFront(dispatcher, settings: .init(port: address.flatMap { URL(string: $0)?.port } ?? 0))
        case .ipc, .ipcByLibzmq: return try zeroMQ(dispatcher, address ?? "ipc://\(folder.path)/s")
        case .tcp, .tcpByLibzmq: return try zeroMQ(dispatcher, address ?? "tcp://127.0.0.1:*")
        case .inproc: return try zeroMQ(dispatcher, address ?? "inproc://\(UUID().uuidString)")
        }
    }

    private func zeroMQ(_ dispatcher: Dispatcher, _ address: String) throws -> ZeroMQFront {
        ZeroMQFront(
            dispatcher, on: serviceThread, context: try Self.context(for: wire), addresses: [try Address(address)])
    }

    func makeCaller(to address: String) async throws -> any Caller {
        switch wire {
        case .inProcess: return InProcessCaller(try #require(dispatcher.withLock { $0 }))
        case .http: return HTTPCaller(address)
        case .ipc, .tcp, .inproc, .ipcByLibzmq, .tcpByLibzmq: return try await zeroMQCaller(to: address)
        }
    }

    /// - Parameter contract: what the caller was written for, which it says to the service.
    func zeroMQCaller(to address: String, of contract: ContractDescriptor? = nil) async throws -> ZeroMQCaller {
        let caller = ZeroMQCaller(
            try Address(address), on: callerThread, context: try Self.context(for: wire), contract: contract)
        try await caller.start()
        return caller
    }

    func close() async {
        await callerThread.shutdown()
        await serviceThread.shutdown()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Calls within a process need none.
private struct NoFront: Front {
    func start() async throws -> [String] { ["in process"] }
    func drain() async {}
    func stop() async {}
}
