import DequeModule
import Endpoints
import EventLoop
import Foundation
import JSON
import Logging
import RPC
import ZeroMQ
import ZMTP

extension ZeroMQFront {
    /// Handles an event of the socket of this number.
    func handle(_ event: SocketEvent, from listener: Int) {
        switch event {
        case .connected: break
        case .message(let frames, from: let name):
            // An empty message announces a peer with ZMQ_PROBE_ROUTER.
            if frames.total == 1, frames[0].isEmpty { return }
            let peer = peer(PeerID(listener: listener, name: name))
            if let (path, start) = ReplyRoute.read(frames, from: peer) {
                handle(InboundMessage.read(frames, from: start, maxBody: limits.maxBody), path)
            } else {
                counters.dropped += 1
            }
        case .writable(let name): peers[PeerID(listener: listener, name: name)].map(flush)
        case .disconnected(let name): peers[PeerID(listener: listener, name: name)].map(forget)
        case .refused:
            counters.unadmitted += 1
            log.warn(of: event)
        case .violation:
            counters.dropped += 1
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
        case .cancel: path.peer.cancel(CallID(preamble.id, path))
        case .ping:
            _ = age(head, of: path.peer)
            send(RPCMessage(Preamble(.pong, id: preamble.id)), to: path)
        case .hello: sendHello(preamble.id, head, body, path)
        // A protocol error at a server; not replied to, to avoid error loops.
        case .reply, .pong, .goAway: counters.dropped += 1
        }
    }

    /// Replies to a HELLO: with the service's identity, or with what does not fit between the client's contract and this one.
    private func sendHello(_ id: UInt64, _ head: Headers, _ body: Data, _ path: ReplyRoute) {
        if head[.contract] != nil, head[.contract] != hello[.contract], !body.isEmpty,
            let contract = dispatcher.contracts.first
        {
            guard let client = try? ContractDescriptor(json: JSONValue(json: body)) else {
                let problem = Problem(.malformed, "The body of the HELLO is not the contract that its head names.")
                return refuse(id, problem, path)
            }
            if let fault = contract.incompatibility(with: client) {
                return refuse(id, Problem(.incompatible, fault), path)
            }
        }
        path.peer.isGreeted = true
        if let limit = head[.maxBody].flatMap({ Int($0) }), limit > 0 { path.peer.maxReply = limit }
        _ = age(head, of: path.peer)
        send(RPCMessage(Preamble(.hello, id: id), hello), to: path)
    }

    private func start(_ preamble: Preamble, _ head: Headers, _ body: Data, _ path: ReplyRoute) {
        var call = Call(preamble, head, body)
        let peer = path.peer
        let age = age(head, of: peer)
        // Both clocks are read in whole milliseconds: it was under way for one less at least.
        if let age, age > 1 {
            call.waitingSince = call.received
            call.received -= .milliseconds(age - 1)
        }
        guard call.isInternal || queue.canKeep(preamble, afterMilliseconds: age ?? 0) else {
            return refuseQuickly(preamble.id, path)
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
        // A call that came so quickly has no cancellation waiting behind it.
        let isFresh = age.map { $0 < 5 } ?? false
        if call.isInternal || (isFresh && peer.queuedCalls == 0) {
            begin(call, preamble.id, path)
        } else {
            beginInTurn(UnbegunCall(call: call, id: preamble.id, path: path))
        }
    }

    /// The time that a message was under way, in milliseconds; `nil` if it has no send time.
    private func age(_ head: Headers, of peer: Peer) -> Int64? {
        head.withValue(of: .sent) { SendTime($0) }.map { peer.transit.age(of: $0) }
    }

    private func begin(_ call: Call, _ id: UInt64, _ path: ReplyRoute) {
        let maxReply = path.peer.maxReply
        let running = dispatcher.start(call) { [weak self] reply, call in
            self?.deliver(.reply(reply, to: call, id: id, maxBody: maxReply), id, path)
        }
        path.peer.began(running, CallID(id, path))
    }

    /// Sends a reply from whatever thread it was made on: mostly this actor's own.
    private nonisolated func deliver(_ reply: RPCMessage, _ id: UInt64, _ path: ReplyRoute) {
        if thread.isCurrent {
            Self.finish(self, (reply, id, path))
        } else {
            deliverOnThread(reply, id, path)
        }
    }

    private nonisolated func deliverOnThread(_ reply: RPCMessage, _ id: UInt64, _ path: ReplyRoute) {
        Task { await finish(reply, id, path) }
    }

    private static let finish = onThread { (front: isolated ZeroMQFront, reply: (RPCMessage, UInt64, ReplyRoute)) in
        front.finish(reply.0, reply.1, reply.2)
    }

    private func finish(_ reply: RPCMessage, _ id: UInt64, _ path: ReplyRoute) {
        path.peer.leave(CallID(id, path))
        send(reply, to: path)
        checkIdle()
    }

    /// Refuses a call that must not be among its peer's calls. The dispatcher sees it, so that it is logged and counted.
    private func refuse(_ call: Call, _ id: UInt64, _ problem: Problem, _ path: ReplyRoute) {
        var call = call
        call.rejection = problem
        dispatcher.start(call) { _, _ in }
        send(.reply(.failure(problem), to: call, id: id), to: path)
    }

    /// Refuses what is no call, or does not name one: there is nothing to log it by, and it must stay cheap.
    private func refuse(_ id: UInt64, _ problem: Problem, _ path: ReplyRoute) {
        counters.refused += 1
        send(.reply(.failure(problem), to: Call(""), id: id), to: path)
    }
}

extension ZeroMQFront {
    /// Begins a call after those that wait already, and after all that was read together with it: its cancellation may be
    /// there.
    func beginInTurn(_ request: UnbegunCall) {
        request.path.peer.queuedCalls += 1
        queue.append(request)
        if queue.count == 1 { Task { beginQueued() } }
    }

    /// Begins calls for a while, and lets others have the thread before the next ones.
    private func beginQueued() {
        let start = ContinuousClock.now
        let end = queue.turnEnd(from: start)
        var (now, count) = (start, 0)
        while now < end, let request = queue.popFirst() {
            if beginQueued(request, at: now) { count += 1 }
            now = .now
        }
        queue.endTurn(of: count, from: start, at: now)
        countRefusals()
        thread.readingTime = queue.isEmpty ? SocketThread.longReading : Self.shortReading
        if !queue.isEmpty { Task { beginQueued() } }
    }

    /// With calls that wait each connection has its turn soon, so that calls which must be refused are refused soon.
    private static let shortReading = Duration.milliseconds(1)

    /// - Returns: false if the call was refused, because it has waited too long.
    private func beginQueued(_ request: UnbegunCall, at now: ContinuousClock.Instant) -> Bool {
        let peer = request.path.peer
        let id = CallID(request.id, request.path)
        peer.queuedCalls -= 1
        var call = request.call
        if peer.isGone || peer.hasCancelled(id) {
            call.rejection = .cancelled
        } else if queue.isTooLate(call, at: now) {
            peer.leave(id)
            refuseQuickly(request.id, request.path)
            checkIdle()
            return false
        }
        begin(call, request.id, request.path)
        return true
    }

    private func refuseQuickly(_ id: UInt64, _ path: ReplyRoute) {
        send(queue.refusal(of: id), to: path, isUrgent: false)
    }

    /// Counts what was refused since the last turn, without a line in the log for each.
    private func countRefusals() {
        let count = queue.drainRefusals()
        guard count > 0 else { return }
        counters.overloaded += count
        overload.warn("Calls are refused: more come than can be answered in time")
    }
}

/// A call that was read and is not begun.
struct UnbegunCall {
    let call: Call
    let id: UInt64
    let path: ReplyRoute
}

/// Calls that wait for their turn, oldest first. It knows how long the next one will wait, so that a call which cannot
/// be begun in good time is refused when it comes, and not when its time is over.
///
/// Calls of fronts on other threads wait for the executor, which runs them between the turns of this queue, and `CallBacklog`
/// of RPC estimates their wait. One estimate for both would have calls of one refused for the load of the other. This one
/// measures turns, with the reading between them, and so knows the wait after the first turn, be it a single slow call's.
final class CallQueue {
    /// Replies, calls over HTTP and checks of health wait for the end of a turn.
    private static let shortestTurn = Duration.microseconds(250)
    private static let longTurn = Duration.milliseconds(20)
    /// The time without calls that wait, after which it begins anew to measure them.
    private static let memory = Duration.seconds(1)

    private var calls: Deque<UnbegunCall> = []
    /// The time that passes for each call which is begun, in nanoseconds; later ones weigh more.
    private var average: Int64 = 0
    private var lastTurnEnd = ContinuousClock.now
    /// True if calls have waited since the last turn.
    private var hasWaited = false
    private var congestion = Congestion()
    /// The calls that were refused and are not counted yet.
    private var refusals = 0

    var isEmpty: Bool { calls.isEmpty }
    var count: Int { calls.count }

    /// The time that one more call would wait, in nanoseconds.
    private var wait: Int64 { average * Int64(calls.count) }

    /// True if a call could be begun before half of the time that it has left is over. Nearer to its end it would often be
    /// handled too late, and keep the thread from calls that can be handled in time.
    ///
    /// - Parameter remaining: in milliseconds.
    func canKeep(milliseconds remaining: Int64) -> Bool { wait * 2 <= remaining * 1_000_000 }

    /// The same for a call that has been under way for a while. One without a deadline can always wait.
    func canKeep(_ preamble: Preamble, afterMilliseconds age: Int64) -> Bool {
        preamble.time == 0 || isEmpty || canKeep(milliseconds: Int64(preamble.time) - age)
    }

    /// True if a call that has come to its turn has waited for more than half of its time, and that goes on.
    func isTooLate(_ call: Call, at now: ContinuousClock.Instant) -> Bool {
        guard let timeout = call.timeout else { return false }
        let start = call.waitingSince ?? call.received
        let remaining = now.duration(to: call.received + timeout)
        return congestion.holds(after: start.duration(to: now), remaining: remaining, at: now)
    }

    func append(_ call: UnbegunCall) {
        // The cost of earlier calls says nothing of those that come now.
        if calls.isEmpty, lastTurnEnd.duration(to: .now) > Self.memory { average = 0 }
        calls.append(call)
    }

    func popFirst() -> UnbegunCall? { calls.popFirst() }

    /// The time at which a turn that begins now should end: it is as long as what came between it and the one before, which is
    /// mostly reading, for of calls that are refused there may be any number.
    func turnEnd(from now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        now + min(max(lastTurnEnd.duration(to: now), Self.shortestTurn), Self.longTurn)
    }

    /// A turn is over in which so many calls were begun. What came between it and the one before took of the time of those that
    /// waited, too.
    func endTurn(of count: Int, from start: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        let time = (hasWaited ? lastTurnEnd : start).duration(to: now).nanoseconds
        hasWaited = !calls.isEmpty
        if calls.isEmpty { congestion = Congestion() }
        lastTurnEnd = now
        guard count > 0 else { return }
        let mean = time / Int64(count)
        average = average == 0 ? mean : (average * 7 + mean) / 8
    }
}

extension CallQueue {
    /// Refuses a message that is certainly a call and could not be begun in good time. That is found without reading its head,
    /// so that refusing a call costs next to nothing of the time of those that can be handled.
    ///
    /// - Returns: false if the message is something else, there is time for the call, or it is not known for how long it was
    ///   under way.
    func refuse(_ frames: Frames, by reply: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) -> Bool {
        guard !isEmpty, frames.isWhole, frames.count == 3, case .preamble(let preamble) = Preamble.read(frames[0]),
            preamble.kind == .request, let first = frames[1].first, first != UInt8(ascii: "_")
        else { return false }
        var age: Int64 = 0
        if let sent = SendTime(in: frames[1]) {
            guard let known = sent.age() else { return false }
            age = known
        }
        guard !canKeep(preamble, afterMilliseconds: age) else { return false }
        refusal(of: preamble.id).writeFrames(reply)
        return true
    }

    /// The reply to a call that is refused now.
    func refusal(of id: UInt64) -> RPCMessage {
        refusals += 1
        let reply = Preamble(.reply, id: id, time: Self.refusal.time)
        return RPCMessage(reply, head: Self.refusal.head, body: Self.refusal.body)
    }

    /// The number of calls that were refused since it was asked for last.
    func drainRefusals() -> Int {
        defer { refusals = 0 }
        return refusals
    }

    private static let refusal = {
        let reply = Reply.failure(.overloaded("Too many calls wait for their turn."))
        return (time: reply.retryAfter, head: Headers.reply(reply, to: Call("")).bytes, body: reply.body(traceID: ""))
    }()
}
