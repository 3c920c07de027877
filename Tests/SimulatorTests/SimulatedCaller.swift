import Endpoints
import Foundation
import RPC

@testable import ZeroMQTransport

/// A client's connection to a replica: the state machine and the frames of `ZeroMQCaller`, over the simulated network.
final class SimulatedCaller: Caller, @unchecked Sendable {
    private let world: World
    private let replica: SimulatedReplica
    /// The client's number.
    let number: Int
    private var connection = Connection()
    private var clock = SendClock()
    private var link: Link?
    private var lastID: UInt64 = 0
    private var isClosed = false
    private var isHeartbeatScheduled = false

    init(_ number: Int, to replica: SimulatedReplica, in world: World) {
        self.number = number
        self.replica = replica
        self.world = world
        connect()
        startConnectTimeout()
    }

    var transport: Transport { .zeroMQ }
    var isConnected: Bool { connection.isUp }
    var hasCalls: Bool { connection.hasCalls }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let request = Request(
            call, isIdempotent: endpoint.isIdempotent, deadline: call.received + (call.timeout ?? endpoint.deadline))
        guard request.deadline > .now else { return .failure(.late) }
        lastID += 1
        let id = lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let pending = PendingCall(continuation: continuation, deadline: request.deadline)
                apply { $0.enter(id, request, pending) }
                if Task.isCancelled { abandon(id, .cancelled) }
            }
        } onCancel: {
            Task { self.abandon(id, .cancelled) }
        }
    }

    func close() {
        isClosed = true
        disconnect()
        apply { $0.closed() }
    }

    private func apply(_ change: (inout Connection) -> [Connection.Action]) {
        for action in change(&connection) {
            switch action {
            case .send(let id, let request): send(id, request)
            case .sendCancel(let id): send(RPCMessage(Preamble(.cancel, id: id)))
            case .sendHello: send(.hello, Connection.helloID)
            case .sendPing: send(.ping, 0)
            case .startConnectTimeout: startConnectTimeout()
            case .startExpiryTimer(let instant):
                _ = TimerQueue.shared.schedule(at: instant) { self.apply { $0.expireCalls(instant) } }
            case .startPongTimeout(let doubt, let time): world.after(time) { self.apply { $0.pongTimedOut(doubt) } }
            case .reconnect: renew()
            case .reply(let waiting, let reply): waiting.continuation.resume(returning: reply)
            }
        }
    }

    private func abandon(_ id: UInt64, _ problem: Problem) { apply { $0.abandon(id, problem) } }
}

// MARK: - Connecting

extension SimulatedCaller {
    private func connect() {
        guard !isClosed, link == nil else { return }
        let link = replica.makeLink(to: self)
        self.link = link
        // The handshake needs the process, or a proxy.
        link.deliver(to: .process) {
            guard self.replica.accept(link, from: self) else { return self.lose(link) }
            link.deliver(to: .client) { self.connected() }
        }
    }

    private func connected() {
        apply { $0.connected() }
        scheduleHeartbeat()
    }

    /// The connection has ended.
    func lose(_ link: Link) {
        guard link === self.link else { return }
        disconnect()
        apply { $0.disconnected() }
        world.after(.milliseconds(50) * Double.random(in: 1...4)) { self.connect() }
    }

    private func disconnect() {
        guard let link else { return }
        link.cut()
        replica.forget(link)
        self.link = nil
    }

    /// A connection over a network is given up for another one; that of a Unix socket is as good as any.
    private func renew() {
        guard replica.isRemote else { return }
        disconnect()
        connect()
    }

    private func startConnectTimeout() {
        world.after(Connection.connectTimeout) { self.apply { $0.connectTimedOut() } }
    }

    private func scheduleHeartbeat() {
        guard !isHeartbeatScheduled else { return }
        isHeartbeatScheduled = true
        world.after(.seconds(1)) {
            self.isHeartbeatScheduled = false
            guard !self.isClosed else { return }
            self.send(.ping, 0)
            self.apply { $0.checkHeartbeat() }
            self.scheduleHeartbeat()
        }
    }
}

// MARK: - Messages

extension SimulatedCaller {
    private func send(_ id: UInt64, _ request: Request) {
        let remaining = ContinuousClock.now.duration(to: request.deadline)
        let time = UInt32(clamping: max(1, Int(remaining.nanoseconds / 1_000_000)))
        let preamble = Preamble(.request, id: id, flags: request.flags, time: time)
        send(RPCMessage(preamble, Headers(request.call, sent: clock.reading()), body: request.call.body))
    }

    private func send(_ kind: Preamble.MessageKind, _ id: UInt64) {
        var head = Headers()
        head.add(.sent, clock.reading())
        send(RPCMessage(Preamble(kind, id: id), head))
    }

    private func send(_ message: RPCMessage) {
        guard let link else { return }
        link.deliver(to: .process) { self.replica.receive(message, by: link) }
    }

    func receive(_ message: RPCMessage, by link: Link) {
        guard link === self.link, let head = try? message.head.withUnsafeBytes({ bytes in try Headers(bytes) }) else {
            return
        }
        switch message.preamble.kind {
        case .reply:
            let reply = Reply(message.preamble, head, body: message.body)
            if connection.isMisjudged(message.preamble.id, reply) { clock.rename() }
            apply { $0.receivedReply(message.preamble.id, reply) }
        case .hello: apply { $0.receivedHello(from: head[.serverInstance] ?? "") }
        case .goAway: apply { $0.receivedGoAway() }
        case .pong: apply { $0.received() }
        case .request, .cancel, .ping: break
        }
    }
}
