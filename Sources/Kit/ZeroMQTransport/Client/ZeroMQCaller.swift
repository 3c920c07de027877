public import Endpoints
import Foundation
public import RPC
import Synchronization
public import ZeroMQ

/// The client side of S1: a DEALER socket to one server, with any number of calls in flight.
///
/// On the thread of the service that calls, a call costs no hop between threads. It connects by itself, again and again;
/// while there is no connection calls fail at once, except in the first moments, when they wait for it.
public actor ZeroMQCaller: Caller, ThreadBound {
    public nonisolated let thread: SocketThread

    let address: Address
    var connection = Connection()
    var socket: Socket?
    var outgoing = Multipart()

    /// What a connection begins with: the contract that this side was written for.
    let hello: Outgoing
    private let context: Context
    private let options: SocketOptions
    var monitor: Monitor?
    var isBeating = false

    /// How many calls may be in flight. Above that they are refused here.
    static let maxInFlight = 16_384

    /// - Parameters:
    ///   - thread: that of the caller's actor.
    ///   - contract: what this side was written for. A server that does not keep it says so at once, and calls fail with
    ///     ``Problem/Kind/incompatible``.
    ///   - security: for a `tcp://` address.
    ///   - maxReply: the largest reply, in bytes.
    public init(
        _ address: Address, on thread: SocketThread, context: Context, contract: ContractDescription? = nil,
        security: SocketOptions.Security = .none,
        maxReply: Int = 8 * 1024 * 1024
    ) {
        self.address = address
        var head = Head()
        head.add(.contract, contract?.hash)
        hello = Outgoing(Preamble(.hello, id: Connection.helloID), head, body: contract?.json.json() ?? Data())
        self.thread = thread
        self.context = context
        var options = SocketOptions.client
        // With it, libzmq throws away replies that have come but are not read yet when a connection ends. Nothing is sent
        // without a connection all the same: see Connection, and `reopen()`.
        options.immediate = false
        options.sendHighWaterMark = Self.maxInFlight
        options.receiveHighWaterMark = Self.maxInFlight
        options.maxMessageSize = maxReply
        if address.isTCP { options.security = security }
        self.options = options
    }

    /// Begins to connect. A server that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` where the socket cannot be made.
    public func start() throws(ZeroMQError) {
        try open()
        _ = Deadlines.shared.schedule(at: .now + Connection.patience) { [weak self] in
            Task { await self?.apply { $0.lostPatience() } }
        }
    }

    /// Connects anew after a connection has ended. What the old socket had not sent goes with it, so that no server ever
    /// runs a call whose caller has been told that it is lost.
    func reopen() {
        letGo()
        // Without a socket there is no connection, and calls say so.
        try? open()
    }

    private func open() throws(ZeroMQError) {
        let socket = try Socket(.dealer, in: context, options: options)
        let monitor = try socket.monitor()
        self.socket = socket
        self.monitor = monitor
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.receive(limit: limit) } ?? 0 }
        thread.attach(monitor.socket) { [weak self] _ in self?.assumeIsolated { $0.watch() } ?? 0 }
        try socket.connect(address)
        if isInProcess { greet() }
    }

    private func letGo() {
        socket?.close()
        monitor?.close()
        socket = nil
        monitor = nil
    }

    public var isConnected: Bool { connection.isUp }

    public func call(_ call: Call, _ endpoint: EndpointDescription) async -> Reply {
        let request = Request(
            call: call, isIdempotent: endpoint.isIdempotent,
            deadline: call.received + (call.timeout ?? endpoint.deadline))
        guard request.deadline > .now else { return .failure(.deadlineExceeded) }
        // Without the preference, the runtime wakes whoever waits here on the shared pool first, and from there on this
        // thread: two hops more.
        return await withTaskExecutorPreference(thread) { await self.reply(to: request) }
    }

    private func reply(to request: Request) async -> Reply {
        let id = connection.nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = Deadlines.shared.schedule(at: request.deadline) { [weak self] in
                    Task { await self?.giveUp(id, .deadlineExceeded) }
                }
                perform(connection.enter(id, request, Waiting(continuation: continuation, timer: timer)))
                // A cancellation that came earlier found nothing to give up.
                if Task.isCancelled { giveUp(id, .cancelled) }
            }
        } onCancel: {
            Task { await self.giveUp(id, .cancelled) }
        }
    }

    public func close() {
        letGo()
        perform(connection.closed())
    }

    /// Changes the state and does what follows from it.
    func apply(_ change: (inout Connection) -> [Connection.Action]) {
        perform(change(&connection))
    }
}
