import Endpoints
import Foundation
import HTTPTransport
import RPC
import Synchronization
import ZeroMQ
import ZeroMQTransport

/// A service behind one transport, and a caller of it.
final class Rig {
    let wire: Wire
    let service: TrialService
    let journal = Journal()
    private(set) var caller: any Caller
    private var callers: [any Caller] = []
    private(set) var dispatcher: Dispatcher
    /// Where the front listens; as a URL writes it.
    private(set) var address: String
    private var front: (any Front)?
    private var isUp: Bool { front != nil }

    private let serviceThread: SocketThread
    private let callerThread: SocketThread
    private let folder: URL

    /// A process has one.
    static let context = Result { try Context() }

    var client: Client<TrialContract> { Client(caller) }

    /// Runs a test. All is let go of at the end.
    static func run(_ wire: Wire, _ test: (Rig) async throws -> Void) async throws {
        let rig = try await Rig(wire)
        do {
            try await test(rig)
        } catch {
            await rig.close()
            throw error
        }
        await rig.close()
    }

    private init(_ wire: Wire) async throws {
        self.wire = wire
        serviceThread = try SocketThread(name: "service")
        callerThread = try SocketThread(name: "caller")
        service = TrialService(on: serviceThread)
        dispatcher = try Self.dispatcher(service, journal)
        caller = InProcessCaller(dispatcher)
        // The path of a Unix socket has a hundred bytes.
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
        switch wire {
        case .inProcess, .http: address = ""
        case .ipc: address = "ipc://\(folder.path)/s"
        case .tcp: address = "tcp://127.0.0.1:*"
        case .inproc: address = "inproc://\(UUID().uuidString)"
        }
        guard wire != .inProcess else { return }
        try await startFront()
        caller = try await newCaller()
    }

    private static func dispatcher(_ service: TrialService, _ journal: Journal) throws -> Dispatcher {
        try Dispatcher(
            service, contract: TrialContract.description, verifier: FakeVerifier(), maxInFlight: 20_000,
            observers: [journal])
    }

    /// Serves, at the address of the front before where there was one.
    func startFront() async throws {
        dispatcher = try Self.dispatcher(service, journal)
        let front: any Front
        if wire == .http {
            front = try HTTPFront(dispatcher, settings: .init(port: URL(string: address)?.port ?? 0))
        } else {
            front = ZeroMQFront(
                dispatcher, on: serviceThread, context: try Self.context.get(), addresses: [try Address(address)])
        }
        address = try await front.start()[0]
        self.front = front
    }

    /// Tells callers that the service will stop.
    func drain() async {
        dispatcher.beginDraining()
        await front?.drain()
    }

    func stopFront() async {
        await front?.stop()
        front = nil
    }

    /// The front, which is then the test's to stop.
    func takeFront() -> (any Front)? { front.take() }

    /// Another caller, which is closed at the end.
    ///
    /// - Parameters:
    ///   - contract: what it was written for, and says so over ZeroMQ.
    ///   - isWelcome: whether the service will serve it.
    func newCaller(of contract: ContractDescription? = nil, isWelcome: Bool = true) async throws -> any Caller {
        let caller: any Caller
        if wire == .http {
            caller = HTTPCaller(address)
        } else {
            let zeroMQ = ZeroMQCaller(
                try Address(address), on: callerThread, context: try Self.context.get(), contract: contract)
            try await zeroMQ.start()
            // Calls wait for the first connection, but not for long, and a busy machine may be slow.
            if isUp, isWelcome { try await until { await zeroMQ.isConnected } }
            caller = zeroMQ
        }
        callers.append(caller)
        return caller
    }

    /// Calls without checking anything first.
    func send<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ body: String = "", contentType: String? = nil, token: String? = nil,
        requestID: String? = nil, timeout: Duration? = nil, received: ContinuousClock.Instant = .now
    ) async -> Reply {
        let call = Call(
            "trial.\(endpoint.description.name)", body: Data(body.utf8), contentType: contentType, token: token,
            requestID: requestID, timeout: timeout ?? endpoint.description.deadline, received: received)
        return await caller.call(call, endpoint.description)
    }

    private func close() async {
        await service.release()
        for caller in callers { await caller.close() }
        await stopFront()
        await callerThread.shutdown()
        await serviceThread.shutdown()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension Reply {
    /// The problem, where it is one.
    var problem: Problem? {
        if case .failure(let problem) = self { problem } else { nil }
    }

    /// The output, where it is one.
    var output: JSONValue? {
        if case .success(_, let body) = self { try? JSONValue(json: body) } else { nil }
    }
}

/// Believes tokens that list their permissions: `good`, `good:trial`. Asked to confirm one, it finds what it lists beside.
struct FakeVerifier: TokenVerifier {
    func verify(_ token: String) async throws(Problem) -> Principal {
        guard token.hasPrefix("good") else { throw Problem(.tokenInvalid, "The token is not valid.") }
        let permissions = Set(token.split(separator: ":").dropFirst().map(String.init))
        return Principal(subject: "ada", permissions: permissions, tokenID: "1", expires: .distantFuture)
    }

    func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        guard let found = context.principal?.permissions else { throw Problem(.tokenMissing, "There is no token.") }
        if found.contains("revoked") { throw Problem(.tokenInvalid, "The token is not valid.") }
        if found.contains("taken") { throw Problem(.permissionDenied, "“\(permission)” was taken away.") }
        if found.contains("silent") { try? await Task.sleep(for: .seconds(60)) }
    }
}

/// Keeps what was answered.
final class Journal: CallObserver {
    struct Line: Equatable {
        let endpoint: String
        let status: Int
        let trace: TraceContext
        let requestID: String?
        let transport: Transport
    }

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    func didReply(to call: Call, with reply: Reply) {
        let line = Line(
            endpoint: call.endpoint, status: reply.status, trace: call.trace, requestID: call.requestID,
            transport: call.transport)
        lines.withLock { $0.append(line) }
    }
}

/// Yields until it is so. The test's time limit ends it, too.
func until(_ isSo: () async -> Bool) async throws {
    while await !isSo() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
