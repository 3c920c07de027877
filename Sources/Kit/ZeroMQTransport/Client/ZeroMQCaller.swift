public import Endpoints
import Foundation
public import RPC
import Synchronization
public import ZeroMQ

/// The client side of S1: a DEALER to one server, with any number of calls in flight.
///
/// On the thread of the service that calls, a call costs no hop between threads. It connects by itself, again and
/// again; while there is no connection calls fail at once, except in the first moments, when they wait for it.
///
/// Its last reference may be released anywhere: what it holds is closed on its thread. ``close()`` does so at once.
public actor ZeroMQCaller: Caller, ThreadBound {
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
    var isBeating = false

    /// The number of calls that may be in flight. Above that they are refused here.
    static let maxInFlight = 16_384

    /// - Parameters:
    ///   - thread: that of the caller's actor.
    ///   - contract: what this side was written for. A server that does not keep it says so at once, and calls fail with
    ///     ``Problem/Kind/incompatible``.
    ///   - security: for a `tcp://` address.
    ///   - maxReply: the largest reply, in bytes.
    public init(
        _ address: Address, on thread: SocketThread, context: Context, contract: ContractDescriptor? = nil,
        security: SocketOptions.Security = .none,
        maxReply: Int = 8 * 1024 * 1024
    ) {
        self.address = address
        var head = Headers()
        head.add(.contract, contract?.hash)
        hello = head
        self.contract = contract?.json.json() ?? Data()
        self.thread = thread
        self.context = context
        self.security = security
        self.maxReply = maxReply
    }

    isolated deinit { socket?.close() }

    /// Begins to connect. A server that is not there yet is no error.
    ///
    /// - Throws: `ZeroMQError` where the socket cannot be made.
    public func start() throws(ZeroMQError) {
        var options = SocketOptions.client
        options.maxMessageSize = maxReply
        options.security = security
        socket = try Dealer(to: address, in: context, options: options, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.take(event) }
        }
        startConnectTimeout()
    }

    public nonisolated var transport: Transport { .zeroMQ }

    public var isConnected: Bool { connection.isUp }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let request = Request(
            call, isIdempotent: endpoint.isIdempotent,
            deadline: call.received + (call.timeout ?? endpoint.deadline))
        guard request.deadline > .now else { return .failure(.late) }
        // Without the preference, the runtime wakes whoever waits here on the shared pool first, and from there on this
        // thread: two hops more.
        return await withTaskExecutorPreference(thread) { await self.reply(to: request) }
    }

    private func reply(to request: Request) async -> Reply {
        let id = connection.nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = TimerQueue.shared.schedule(at: request.deadline) { [weak self] in
                    Task { await self?.giveUp(id, .deadlineExceeded) }
                }
                perform(
                    connection.enter(
                        id, request,
                        PendingCall(
                            continuation: continuation, deadline: request.deadline, timer: timer,
                            timing: request.call.timing)))
                // A cancellation that came earlier found nothing to give up.
                if Task.isCancelled { giveUp(id, .cancelled) }
            }
        } onCancel: {
            Task { await self.giveUp(id, .cancelled) }
        }
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
