import Endpoints
import Foundation
import RPC
import ZMTP
import ZeroMQ

extension ZeroMQFront {
    /// Handles an event of the socket of this number.
    func handle(_ event: SocketEvent, from listener: Int) {
        switch event {
        case .connected: break
        case .message(let frames, from: let name):
            // An empty message announces a peer with ZMQ_PROBE_ROUTER.
            if frames.total == 1, frames[0].isEmpty { return }
            guard let (path, start) = ReplyRoute.read(frames, from: PeerID(listener: listener, name: name)) else {
                counters.dropped += 1
                return
            }
            if start == 0, let id = hopelessCall(in: frames, of: peers[path.peer]) { return refuseQuickly(id, path) }
            handle(InboundMessage.read(frames, from: start, maxBody: limits.maxBody), path)
        case .writable(let name): flush(PeerID(listener: listener, name: name))
        case .disconnected(let name): forget(PeerID(listener: listener, name: name))
        case .refused:
            counters.unadmitted += 1
            log.warn(of: event)
        case .unreachable, .restored: log.warn(of: event)
        }
    }

    private func handle(_ incoming: InboundMessage, _ path: ReplyRoute) {
        switch incoming {
        case .dropped: counters.dropped += 1
        case .refused(let id, let problem): refuse(id, problem, path)
        case .faulty(let preamble, let head, let problem):
            counters.refused += 1
            refuse(Call(faulty: preamble, head), preamble.id, problem, path)
        case .message(let preamble, let head, let body): handle(preamble, head, body, path)
        }
    }

    private func handle(_ preamble: Preamble, _ head: Headers, _ body: Data, _ path: ReplyRoute) {
        switch preamble.kind {
        case .request: start(preamble, head, body, path)
        case .cancel: peers[path.peer]?.cancel(CallID(preamble.id, path))
        case .ping:
            if let peer = peers[path.peer] { _ = age(head, of: peer) }
            send(RPCMessage(Preamble(.pong, id: preamble.id)), to: path)
        case .hello: sendHello(preamble.id, head, body, path)
        // A protocol error at a server; not replied to, to avoid error loops.
        case .reply, .pong, .goAway: counters.dropped += 1
        }
    }

    /// Replies to a HELLO: with the service's identity, or with what does not fit between the client's contract and this one.
    private func sendHello(_ id: UInt64, _ head: Headers, _ body: Data, _ path: ReplyRoute) {
        if head[.contract] != nil, head[.contract] != hello[.contract], let contract = dispatcher.contracts.first,
            let client = try? ContractDescriptor(json: JSONValue(json: body)),
            let fault = contract.incompatibility(with: client)
        {
            return refuse(id, Problem(.incompatible, fault), path)
        }
        let peer = peer(path.peer)
        peer.isGreeted = true
        _ = age(head, of: peer)
        send(RPCMessage(Preamble(.hello, id: id), hello), to: path)
    }

    private func start(_ preamble: Preamble, _ head: Headers, _ body: Data, _ path: ReplyRoute) {
        var call = Call(preamble, head, body)
        let peer = peer(path.peer)
        let age = age(head, of: peer)
        // Both clocks are read in whole milliseconds: it was under way for one less at least.
        if let age, age > 1 {
            call.received -= .milliseconds(age - 1)
            call.waitingSince = max(call.received, thread.idleUntil)
        }
        switch peer.enter(CallID(preamble.id, path), limit: limits.maxInFlight) {
        case .duplicate:
            counters.refused += 1
            return refuse(call, preamble.id, Problem(.malformed, "A call of this id is in flight."), path)
        case .tooMany:
            let problem = Problem(
                .tooManyRequests, "More than \(limits.maxInFlight) calls are in flight.",
                retryAfter: .milliseconds(100),
                isUnprocessed: true)
            return refuse(call, preamble.id, problem, path)
        case nil: break
        }
        let request = UnbegunCall(call: call, id: preamble.id, peer: peer, path: path, age: age)
        if call.isInternal || (request.isFresh && peer.queuedCalls == 0) {
            begin(request)
        } else {
            beginInTurn(request)
        }
    }

    /// The time that a message was under way, in milliseconds; `nil` if it has no send time.
    private func age(_ head: Headers, of peer: Peer) -> Int64? {
        head[.sent].flatMap(SendTime.init).map { peer.transit.age(of: $0) }
    }

    func begin(_ request: UnbegunCall) {
        let (id, path) = (request.id, request.path)
        let running = dispatcher.start(request.call) { [weak self] reply, call in
            self?.deliver(reply, to: call, id, path)
        }
        request.peer.began(running, CallID(id, path))
    }

    /// Sends a reply from whatever thread it was made on: mostly this actor's own.
    private nonisolated func deliver(_ reply: Reply, to call: Call, _ id: UInt64, _ path: ReplyRoute) {
        if thread.isCurrent {
            assumeIsolated { $0.finish(reply, to: call, id, path) }
        } else {
            deliverOnThread(reply, to: call, id, path)
        }
    }

    private nonisolated func deliverOnThread(_ reply: Reply, to call: Call, _ id: UInt64, _ path: ReplyRoute) {
        Task { await finish(reply, to: call, id, path) }
    }

    private func finish(_ reply: Reply, to call: Call, _ id: UInt64, _ path: ReplyRoute) {
        let peer = peers[path.peer]
        peer?.leave(CallID(id, path))
        send(RPCMessage(reply, to: call, id: id), to: path, of: peer)
        if peer?.isIdle == true { peers[path.peer] = nil }
        checkIdle()
    }

    /// Refuses a call that must not be among its peer's calls. The dispatcher sees it, so that it is logged and counted.
    private func refuse(_ call: Call, _ id: UInt64, _ problem: Problem, _ path: ReplyRoute) {
        var call = call
        call.rejection = problem
        dispatcher.start(call) { _, _ in }
        send(RPCMessage(.failure(problem), to: call, id: id), to: path)
    }

    /// Refuses what is no call, or does not name one: there is nothing to log it by, and it must stay cheap.
    private func refuse(_ id: UInt64, _ problem: Problem, _ path: ReplyRoute) {
        counters.refused += 1
        send(RPCMessage(.failure(problem), to: Call(""), id: id), to: path)
    }
}
