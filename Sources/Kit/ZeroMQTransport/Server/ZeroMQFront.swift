import Endpoints
public import EventLoop
import Foundation
public import RPC
public import ZeroMQ

/// The server side of S1: a ROUTER for each address, on the thread that the service's actor runs on too, so that a
/// request is received, decoded and replied to without a hop between threads.
///
/// It knows frames and peers, and nothing of endpoints.
public actor ZeroMQFront: Front, ThreadBound {
    /// The limits of a front.
    public struct Limits: Sendable {
        /// The largest body, in bytes. A frame more than four times as large ends its connection.
        public var maxBody = 1024 * 1024
        /// Bytes that all peers together may make it hold of messages whose rest has not come.
        public var maxUnfinished = 64 * 1024 * 1024
        /// Calls in flight of one peer.
        public var maxInFlight = 16_384
        /// The time that calls in flight have when the front stops.
        public var shutdownTimeout = Duration.seconds(15)

        /// The defaults.
        public init() {}
    }

    /// The thread that owns its sockets.
    public nonisolated let thread: SocketThread
    /// The counters of dropped messages.
    public internal(set) var counters = TransportStatistics() {
        didSet { meters.add(counters, since: oldValue) }
    }

    let dispatcher: Dispatcher
    let limits: Limits
    /// The reply to a HELLO.
    let hello: Headers
    var listeners: [Router] = []
    var peers: [PeerID: Peer] = [:]
    var log: SparseLog
    var overload: SparseLog
    let queue = CallQueue()
    var idleWaiter: CheckedContinuation<Void, Never>?
    private var isStopTimeOver = false

    private let context: Context
    private let addresses: [Address]
    private let security: SocketOptions.Security
    private let meters: TransportMetrics

    /// - Parameters:
    ///   - thread: that of the service's actor.
    ///   - addresses: where to listen.
    ///   - security: for `tcp://` addresses; on the others file permissions guard the access.
    @_semantics("optimize.no.crossmodule")  // else Swift 6.3.1 says “circular reference” in release builds of Hosting
    public init(
        _ dispatcher: Dispatcher, on thread: SocketThread, context: Context, addresses: [Address],
        security: SocketOptions.Security = .none, limits: Limits = Limits()
    ) {
        self.dispatcher = dispatcher
        self.thread = thread
        self.context = context
        self.addresses = addresses
        self.security = security
        self.limits = limits
        hello = Self.hello(dispatcher.contracts.first, limits)
        let service = dispatcher.contracts.first?.name ?? ""
        meters = TransportMetrics(service)
        log = SparseLog(service, of: service)
        overload = log
    }

    isolated deinit {
        for listener in listeners { listener.close() }
    }

    private static func hello(_ contract: ContractDescriptor?, _ limits: Limits) -> Headers {
        var head = Headers()
        head.add(.service, contract?.name)
        head.add(.version, contract?.version)
        head.add(.contract, contract?.hash)
        // Random for each front: a client that sees another one knows that its calls in flight are lost.
        head.add(.serverInstance, String(UInt64.random(in: .min ... .max), radix: 16))
        head.add(.maxBody, String(limits.maxBody))
        head.add(.maxInFlight, String(limits.maxInFlight))
        return head
    }

    /// Listens at every address.
    ///
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public func start() throws -> [String] {
        try addresses.map { address in
            let listener = try listen(at: address, number: listeners.count)
            listeners.append(listener)
            return listener.address.description
        }
    }

    private func listen(at address: Address, number: Int) throws(ZeroMQError) -> Router {
        var options = SocketOptions.server
        options.maxMessageSize = max(limits.maxBody * 4, InboundMessage.maxContract)
        options.maxUnfinished = limits.maxUnfinished
        options.security = security
        return try Router(
            at: address, in: context, options: options, on: thread, quickReply: { [queue] in queue.refuse($0, by: $1) }
        ) { [weak self] event in
            if let self { Self.handle(self, (event, number)) }
        }
    }

    private static let handle = onThread { (front: isolated ZeroMQFront, event: (SocketEvent, Int)) in
        front.handle(event.0, from: event.1)
    }

    /// Sends GOAWAY to the peers that understand it.
    public func drain() {
        for peer in peers.values where peer.isGreeted {
            send(RPCMessage(Preamble(.goAway, id: 0)), to: ReplyRoute(peer: peer, envelope: []))
        }
    }

    public func stop() async {
        dispatcher.beginStopping()
        await finishCalls()
        for peer in peers.values {
            for call in peer.running { call.cancel(Problem(.unavailable, "The service has stopped.")) }
        }
        for listener in listeners { listener.close() }
        listeners = []
        peers = [:]
    }

    /// Waits until no call is in flight, at most for the stop time. A peer that reads again may have sent more calls meanwhile:
    /// they are refused, and those replies are waited for, too.
    private func finishCalls() async {
        let timer = TimerQueue.shared.schedule(at: .now + limits.shutdownTimeout) { [weak self] in
            Task { await self?.endStopTime() }
        }
        while !isStopTimeOver, peers.values.contains(where: \.isBusy) {
            await withCheckedContinuation { idleWaiter = $0 }
        }
        TimerQueue.shared.cancel(timer)
    }

    /// Lets `stop()` go on as soon as no peer waits for a reply.
    func checkIdle() {
        if idleWaiter != nil, !peers.values.contains(where: \.isBusy) { resumeIdleWaiter() }
    }

    private func endStopTime() {
        isStopTimeOver = true
        resumeIdleWaiter()
    }

    private func resumeIdleWaiter() {
        idleWaiter?.resume()
        idleWaiter = nil
    }
}

extension ZeroMQFront {
    /// The peer of this id, which is stored until its connection ends.
    func peer(_ id: PeerID) -> Peer {
        if let known = peers[id] { return known }
        let peer = Peer(id)
        peers[id] = peer
        return peer
    }

    /// Sends at once, or as soon as the peer reads again.
    ///
    /// - Parameter isUrgent: false if it may go out together with what else is sent while the peer's messages are read.
    func send(_ message: RPCMessage, to path: ReplyRoute, isUrgent: Bool = true) {
        guard path.peer.sendQueue.isEmpty else { return enqueue(message, for: path) }
        switch trySending(message, to: path, isUrgent: isUrgent) {
        case .sent: break
        case .wouldBlock: enqueue(message, for: path)
        case .unreachable:
            counters.undelivered += 1
            forget(path.peer)
        }
    }

    private func trySending(_ message: RPCMessage, to path: ReplyRoute, isUrgent: Bool = true) -> SendResult {
        let peer = path.peer.id
        guard listeners.indices.contains(peer.listener) else { return .unreachable }
        let listener = listeners[peer.listener]
        guard !path.envelope.isEmpty else { return listener.send(message, to: peer.name, isUrgent: isUrgent) }
        return listener.send(Enveloped(envelope: path.envelope, message: message), to: peer.name)
    }

    private func enqueue(_ message: RPCMessage, for path: ReplyRoute) {
        if !path.peer.sendQueue.append((message, path)) { counters.undelivered += 1 }
    }

    /// Sends what is queued for a peer that reads again.
    func flush(_ peer: Peer) {
        var isGone = false
        peer.sendQueue.flush { message, path in
            let result = trySending(message, to: path)
            isGone = result == .unreachable
            return result == .sent
        }
        guard !isGone else { return forget(peer) }
        if peer.sendQueue.isEmpty { checkIdle() }
    }

    /// A peer that is gone cancels its calls.
    func forget(_ peer: Peer) {
        guard !peer.isGone else { return }
        peer.isGone = true
        peers[peer.id] = nil
        for call in peer.running { call.cancel() }
        checkIdle()
    }
}
