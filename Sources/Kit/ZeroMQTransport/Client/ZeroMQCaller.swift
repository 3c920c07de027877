public import Endpoints
public import EventLoop
import Foundation
import JSON
public import RPC
import Synchronization
import ZMTP
public import ZeroMQ

/// The client side of S1: a DEALER to one server, with any number of calls in flight.
///
/// On the thread of the service that calls, a call costs no hop between threads. It connects by itself, again and
/// again; while there is no connection calls fail at once, except shortly after the start, when they wait for it.
///
/// Its last reference may be released anywhere: what it holds is closed on its thread. ``close()`` does so at once.
public actor ZeroMQCaller: Caller, ThreadBound {
    /// The thread that owns its socket.
    public nonisolated let thread: SocketThread

    let address: Address
    var connection = Connection()
    var socket: Dealer?

    /// The head of the HELLO that a connection begins with; its body is ``contract``.
    let hello: Headers
    /// The contract that this side was written for, as JSON.
    let contract: Data
    var clock = SendClock()
    private let context: Context
    private let security: SocketOptions.Security
    private let maxReply: Int
    /// The largest body that the server accepts, in bytes, as far as it has said so.
    private var maxBody = Int.max
    var isHeartbeatScheduled = false
    private let preference: ThreadPreference
    private nonisolated let lastID = Atomic(Connection.helloID)

    /// The largest body of a reply, in bytes, unless another limit is given.
    public static let defaultMaxReply = 64 * 1024 * 1024

    /// The number of calls that may be in flight. Above that they are refused here.
    static let maxInFlight = 16_384

    /// True while there are calls without a reply.
    private var expectsReplies = false {
        didSet { if expectsReplies != oldValue { thread.waiters += expectsReplies ? 1 : -1 } }
    }

    /// - Parameters:
    ///   - thread: that of the caller's actor.
    ///   - contract: what this side was written for. A server that does not keep it replies so at once, and calls fail with
    ///     ``Problem/Kind/incompatible``.
    ///   - security: for a `tcp://` address.
    ///   - maxReply: the largest body of a reply, in bytes. The server learns of it, and replies with a problem in place of a
    ///     larger one.
    public init(
        _ address: Address, on thread: SocketThread, context: Context, contract: ContractDescriptor? = nil,
        security: SocketOptions.Security = .none, maxReply: Int = defaultMaxReply
    ) {
        self.address = address
        var head = Headers()
        head.add(.contract, contract?.hash)
        head.add(.maxBody, String(maxReply))
        hello = head
        self.contract = contract?.json.json() ?? Data()
        self.thread = thread
        preference = ThreadPreference(for: thread)
        self.context = context
        self.security = security
        self.maxReply = maxReply
    }

    isolated deinit { socket?.close() }

    /// Begins to connect. A server that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` if the socket cannot be made.
    public func start() throws(ZeroMQError) {
        var options = SocketOptions.client
        options.maxMessageSize = maxReply
        options.security = security
        socket = try Dealer(to: address, in: context, options: options, on: thread) { [weak self] event in
            if let self { Self.handle(self, event) }
        }
        startConnectTimeout()
    }

    private static let handle = onThread { (caller: isolated ZeroMQCaller, event: SocketEvent) in
        caller.handle(event)
    }

    public nonisolated var transport: Transport { .zeroMQ }

    public var isConnected: Bool { connection.isUp }

    public nonisolated func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let request = Request(
            call, isIdempotent: endpoint.isIdempotent,
            deadline: call.received + (call.timeout ?? endpoint.deadline))
        guard request.deadline > .now else { return .failure(.late) }
        // Without the preference, the runtime wakes whoever waits here on the shared pool first, and from there on this
        // thread: two hops more.
        return await withTaskExecutorPreference(preference) { await self.reply(to: request) }
    }

    /// On the thread, and no part of the actor: there each `await` would be a hop under a preference.
    @concurrent private nonisolated func reply(to request: Request) async -> Reply {
        let id = lastID.add(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Self.begin(self, (id, request, continuation))
            }
        } onCancel: {
            Task { await self.abandon(id, .cancelled) }
        }
    }

    private typealias UnsentCall = (UInt64, Request, CheckedContinuation<Reply, Never>)

    private static let begin = onThread { (caller: isolated ZeroMQCaller, call: UnsentCall) in
        caller.begin(call.0, call.1, call.2)
    }

    private func begin(_ id: UInt64, _ request: Request, _ continuation: CheckedContinuation<Reply, Never>) {
        let waiter = PendingCall(
            continuation: continuation, deadline: request.deadline, timing: request.call.timing)
        perform(connection.enter(id, request, waiter))
        // A cancellation that came earlier found nothing to abandon.
        if Task.isCancelled { abandon(id, .cancelled) }
    }

    public func close() {
        socket?.close()
        socket = nil
        perform(connection.closed())
    }

    /// Changes the state and does what follows from it.
    func apply(_ change: (inout Connection) -> [Connection.Action]) {
        perform(change(&connection))
    }
}

extension ZeroMQCaller {
    func perform(_ actions: [Connection.Action]) {
        for action in actions {
            switch action {
            case .send(let id, let request): send(id, request)
            case .sendCancel(let id): _ = send(RPCMessage(Preamble(.cancel, id: id)))
            case .sendHello: sendHello()
            case .sendPing: sendPing()
            case .startConnectTimeout: startConnectTimeout()
            case .startPongTimeout(let doubt, let time): startTimer(at: .now + time) { $0.pongTimedOut(doubt) }
            case .startExpiryTimer(let instant): startTimer(at: instant) { $0.expireCalls(instant) }
            case .reconnect: socket?.renew()
            case .reply(let waiting, let reply): waiting.continuation.resume(returning: reply)
            }
        }
        expectsReplies = connection.hasCalls
    }

    func abandon(_ id: UInt64, _ problem: Problem) {
        apply { $0.abandon(id, problem) }
    }

    /// Handles an event of the socket.
    func handle(_ event: SocketEvent) {
        switch event {
        case .connected:
            maxBody = .max
            apply { $0.connected() }
            scheduleHeartbeat()
        case .message(let frames, from: _): receive(frames)
        case .writable, .violation, .unreachable, .restored: break
        case .disconnected: apply { $0.disconnected() }
        case .refused(let refusal): apply { $0.notAdmitted(.notAdmitted(refusal.reason)) }
        }
    }

    private func sendHello() {
        var head = hello
        head.add(.sent, clock.reading())
        _ = send(RPCMessage(Preamble(.hello, id: Connection.helloID), head, body: contract))
    }

    private func sendPing() {
        var head = Headers()
        head.add(.sent, clock.reading())
        _ = send(RPCMessage(Preamble(.ping, id: 0), head))
    }

    func startConnectTimeout() {
        startTimer(at: .now + Connection.connectTimeout) { $0.connectTimedOut() }
    }

    private func startTimer(
        at instant: ContinuousClock.Instant, _ change: @escaping @Sendable (inout Connection) -> [Connection.Action]
    ) {
        _ = TimerQueue.shared.schedule(at: instant) { [weak self] in
            Task { await self?.apply(change) }
        }
    }

    /// Sends the server a PING every second: no socket notices that a process is frozen.
    private func scheduleHeartbeat() {
        guard !isHeartbeatScheduled else { return }
        isHeartbeatScheduled = true
        _ = TimerQueue.shared.schedule(at: .now + .seconds(1)) { [weak self] in
            Task { await self?.sendHeartbeat() }
        }
    }

    private func sendHeartbeat() {
        isHeartbeatScheduled = false
        guard socket != nil else { return }
        sendPing()
        apply { $0.checkHeartbeat() }
        scheduleHeartbeat()
    }

    private func send(_ id: UInt64, _ request: Request) {
        guard request.call.body.count <= maxBody else {
            // It would end the connection, and with it other calls.
            let problem = Problem(.tooLarge, "The body is larger than \(maxBody) bytes.")
            return apply { $0.reject(id, problem) }
        }
        let remaining = ContinuousClock.now.duration(to: request.deadline)
        let time = UInt32(clamping: max(1, Int(remaining.nanoseconds / 1_000_000)))
        let preamble = Preamble(.request, id: id, flags: request.flags, time: time)
        if !send(RPCMessage(preamble, Headers(request.call, sent: clock.reading()), body: request.call.body)) {
            apply { $0.refused(id) }
        }
    }

    private func send(_ message: RPCMessage) -> Bool {
        socket?.send(message) == .sent
    }

    private func receive(_ frames: Frames) {
        // A server may be anything: what is not S1 is ignored.
        guard frames.isWhole, frames.count == 3, case .preamble(let preamble) = Preamble.read(frames[0]),
            let head = try? Headers(frames[1])
        else { return }
        switch preamble.kind {
        case .reply:
            if let times = head[.serverTiming] { connection.timing(of: preamble.id)?.record(header: times) }
            let reply = Reply(preamble, head, body: frames.data(at: 2))
            if connection.isMisjudged(preamble.id, reply) { clock.rename() }
            apply { $0.receivedReply(preamble.id, reply) }
        case .hello:
            if let limit = head[.maxBody].flatMap({ Int($0) }), limit > 0 { maxBody = limit }
            apply { $0.receivedHello(from: head[.serverInstance] ?? "") }
        case .goAway: apply { $0.receivedGoAway() }
        case .pong: apply { $0.received() }
        case .request, .cancel, .ping: break
        }
    }
}

extension Problem {
    fileprivate static func notAdmitted(_ reason: String) -> Problem {
        notConnected("There is no connection to the service: \(reason).", retryAfter: .seconds(1))
    }
}

extension ZeroMQCaller {
    /// Runs a closure with a caller on a thread of its own, and releases both afterwards: for a program that is no service,
    /// such as a command or a test.
    ///
    /// ```swift
    /// let contract = try await ZeroMQCaller.connected(to: Address("ipc://.run/greeting.sock")) { caller in
    ///     try await Client<MetaContract>(caller).call(MetaContract.contract)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - contract: what this side was written for: see ``init(_:on:context:contract:security:maxReply:)``.
    ///   - security: for a `tcp://` address.
    /// - Throws: `ZeroMQError` if the socket cannot be made, `SystemError` if the thread cannot; whatever the closure throws.
    public static func connected<Result>(
        to address: Address, contract: ContractDescriptor? = nil, security: SocketOptions.Security = .none,
        _ body: (ZeroMQCaller) async throws -> Result
    ) async throws -> Result {
        let context = try Context()
        let thread = try SocketThread(name: "caller")
        let caller = ZeroMQCaller(address, on: thread, context: context, contract: contract, security: security)
        func release() async {
            await caller.close()
            await thread.shutdown()
            context.terminate()
        }
        do {
            try await caller.start()
            let result = try await body(caller)
            await release()
            return result
        } catch {
            await release()
            throw error
        }
    }
}
