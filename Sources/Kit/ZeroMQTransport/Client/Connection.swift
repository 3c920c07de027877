import Endpoints
import Foundation
import RPC

/// A call as it waits to be sent. It is passed on often, and so by reference.
final class Request: Sendable {
    let call: Call
    let isIdempotent: Bool
    let deadline: ContinuousClock.Instant

    init(_ call: Call, isIdempotent: Bool, deadline: ContinuousClock.Instant) {
        self.call = call
        self.isIdempotent = isIdempotent
        self.deadline = deadline
    }

    var flags: Preamble.Flags {
        var flags: Preamble.Flags = isIdempotent ? .idempotent : []
        if call.timing != nil { flags.insert(.timed) }
        return flags
    }
}

/// A caller that waits for a reply.
struct PendingCall {
    let continuation: CheckedContinuation<Reply, Never>
    let deadline: ContinuousClock.Instant
    var timing: ReportedTimings?
}

/// The state of a client's connection and of the calls on it. It does no I/O: each transition returns what is to be
/// done.
struct Connection {
    enum State: Equatable {
        /// A connection is being made, and not for long: calls wait.
        case connecting
        case up
        /// The server is silent and was sent a PING: calls wait until it replies.
        case doubtful
        /// Calls fail at once.
        case down
        /// The server has announced that it will stop: calls in flight go on, new ones fail at once.
        case draining
        /// The server keeps another contract: calls fail with its reply.
        case refused(Problem)
        case closed
    }

    enum Action {
        case send(UInt64, Request)
        case sendCancel(UInt64)
        case sendHello
        case sendPing
        /// Call ``Connection/expireCalls(_:at:)`` with this instant when it has come.
        case startExpiryTimer(ContinuousClock.Instant)
        /// Call ``Connection/connectTimedOut()`` after ``Connection/connectTimeout``.
        case startConnectTimeout
        /// Call ``Connection/pongTimedOut(_:)`` with this number after this time.
        case startPongTimeout(Int, after: Duration)
        /// The connection is of no use: make another one.
        case reconnect
        case reply(PendingCall, Reply)
    }

    /// The time for which calls wait for a connection.
    static let connectTimeout = Duration.milliseconds(500)
    /// The time without a message after which the server counts as disconnected, whatever the socket reports.
    static let heartbeatTimeout = Duration.seconds(4)
    /// A server that has been silent for so long when a call's time is over is doubted.
    static let doubt = Duration.seconds(1)
    /// The shortest and the longest time for which calls wait for a server that is doubted.
    private static let pongTimeouts = Duration.milliseconds(500)...Duration.seconds(2)

    /// The id of the HELLO; calls have others.
    static let helloID: UInt64 = 0

    private(set) var state = State.connecting
    private var unsent: [UInt64: Request] = [:]
    private var waiting: [UInt64: PendingCall] = [:]
    /// The instant of the timer that ends calls: one for all of them, for most are replied to long before.
    private var expiry: ContinuousClock.Instant?
    private var instance: String?
    private var lastReceived = ContinuousClock.now
    /// The time at which the HELLO or the PING was sent that has no answer yet.
    private var lastPing: ContinuousClock.Instant?
    /// The time that the server takes to answer a HELLO or a PING: at once the longest, shorter ones by and by.
    private var roundTrip = Duration.zero
    /// So many times it was doubted.
    private var doubts = 0
    /// The reason why there is no connection, if it is known.
    private var absence: Problem?

    var isUp: Bool { state == .up }

    /// True if there is a connection, even if no calls are sent on it.
    var isOpen: Bool {
        switch state {
        case .up, .doubtful, .draining, .refused: true
        case .connecting, .down, .closed: false
        }
    }

    /// True if there are calls without a reply.
    var hasCalls: Bool { !waiting.isEmpty }

    /// Receives the parts of a call's time, if its caller requests them.
    func timing(of id: UInt64) -> ReportedTimings? { waiting[id]?.timing }

    /// A call wants to be sent.
    mutating func enter(_ id: UInt64, _ request: Request, _ waiter: PendingCall) -> [Action] {
        if waiting.count >= ZeroMQCaller.maxInFlight {
            return [.reply(waiter, .failure(.busy))]
        }
        switch state {
        case .connecting, .doubtful:
            unsent[id] = request
            return wait(id, waiter, after: [])
        case .up: return wait(id, waiter, after: [.send(id, request)])
        case .refused(let problem): return [.reply(waiter, .failure(problem))]
        case .down: return [.reply(waiter, .failure(absence ?? .notConnected))]
        case .draining, .closed: return [.reply(waiter, .failure(.notConnected))]
        }
    }

    private mutating func wait(_ id: UInt64, _ waiter: PendingCall, after actions: [Action]) -> [Action] {
        waiting[id] = waiter
        if let expiry, expiry <= waiter.deadline { return actions }
        expiry = waiter.deadline
        return actions + [.startExpiryTimer(waiter.deadline)]
    }

    /// An expiry timer has fired: ends the calls whose time is over.
    ///
    /// - Parameter instant: the timer's; one for an earlier instant may have been started since.
    mutating func expireCalls(
        _ instant: ContinuousClock.Instant, at now: ContinuousClock.Instant = .now
    ) -> [Action] {
        guard instant == expiry else { return [] }
        let due = waiting.filter { $0.value.deadline <= now }.keys.sorted()
        let ended = due.flatMap { abandon($0, .deadlineExceeded, at: now) }
        expiry = waiting.values.lazy.map(\.deadline).min()
        return ended + (expiry.map { [.startExpiryTimer($0)] } ?? [])
    }

    /// A call ends without the server: its time is over, or its caller has gone.
    mutating func abandon(_ id: UInt64, _ problem: Problem, at now: ContinuousClock.Instant = .now) -> [Action] {
        guard let waiter = waiting.removeValue(forKey: id) else { return [] }
        let isSent = unsent.removeValue(forKey: id) == nil
        guard isSent else {
            return [.reply(waiter, .failure(problem.kind == .deadlineExceeded ? .late : problem))]
        }
        guard state != .down else { return [.reply(waiter, .failure(problem))] }
        return [.reply(waiter, .failure(problem)), .sendCancel(id)] + beginDoubt(problem, now)
    }

    /// A call's time is over, and nothing else has come for a while either.
    private mutating func beginDoubt(_ problem: Problem, _ now: ContinuousClock.Instant) -> [Action] {
        guard state == .up, problem.kind == .deadlineExceeded, lastReceived.duration(to: now) >= Self.doubt else {
            return []
        }
        state = .doubtful
        doubts += 1
        return [.sendPing, .startPongTimeout(doubts, after: pongTimeout)]
    }

    /// Three round trips: a server may be far away, or have much to do.
    private var pongTimeout: Duration {
        min(max(roundTrip * 3, Self.pongTimeouts.lowerBound), Self.pongTimeouts.upperBound)
    }

    /// True if a reply reports that a call came too late which did not: its clock and the server's do not fit together.
    func isMisjudged(_ id: UInt64, _ reply: Reply) -> Bool {
        guard case .failure(let problem) = reply, problem.kind == .deadlineExceeded, problem.isUnprocessed,
            let deadline = waiting[id]?.deadline
        else { return false }
        return ContinuousClock.now.duration(to: deadline) > .milliseconds(50)
    }

    /// A call cannot be sent, whatever the socket accepts.
    mutating func reject(_ id: UInt64, _ problem: Problem) -> [Action] {
        guard let waiter = waiting.removeValue(forKey: id) else { return [] }
        return [.reply(waiter, .failure(problem))]
    }

    /// The socket has not accepted a call.
    mutating func refused(_ id: UInt64) -> [Action] {
        waiting.removeValue(forKey: id).map { [.reply($0, .failure(.notConnected))] } ?? []
    }

    /// A reply has come. Late and unknown ones are ignored.
    mutating func receivedReply(_ id: UInt64, _ reply: Reply) -> [Action] {
        lastReceived = .now
        if id == Self.helloID, case .failure(let problem) = reply {
            state = .refused(problem)
            return failAll(problem, unsent: problem)
        }
        let sends = trusted()
        guard let waiter = waiting.removeValue(forKey: id) else { return sends }
        return sends.isEmpty ? [.reply(waiter, reply)] : sends + [.reply(waiter, reply)]
    }

    /// The answer to a HELLO or a PING has come.
    mutating func received(at now: ContinuousClock.Instant = .now) -> [Action] {
        lastReceived = now
        if let lastPing { roundTrip = max(lastPing.duration(to: now), roundTrip * 3 / 4) }
        lastPing = nil
        return state == .down || state == .connecting ? connected() : trusted()
    }

    /// The server was doubted, and is there.
    private mutating func trusted() -> [Action] {
        guard state == .doubtful else { return [] }
        state = .up
        return sendUnsent()
    }

    private mutating func sendUnsent() -> [Action] {
        defer { unsent = [:] }
        return unsent.sorted { $0.key < $1.key }.map { .send($0, $1) }
    }

    /// The handshake is done: what waited is sent.
    mutating func connected() -> [Action] {
        guard state != .closed else { return [] }
        state = .up
        absence = nil
        lastReceived = .now
        lastPing = lastReceived
        return [.sendHello] + sendUnsent()
    }

    /// The server has identified itself. Another process than before, as a proxy may have it behind itself, knows nothing of
    /// the calls in flight; nor is it the one that will stop, or that has refused this client.
    mutating func receivedHello(from server: String) -> [Action] {
        let isAnother = instance.map { $0 != server } ?? false
        let lost = isAnother ? failAll(.lost, unsent: .notConnected) : []
        instance = server
        switch state {
        case .refused: state = .up
        case .draining where isAnother: state = .up
        default: break
        }
        return lost + received()
    }

    /// The connection is gone, and with it the replies. Another one may soon be there: the calls that come wait for it.
    mutating func disconnected() -> [Action] {
        guard isOpen else { return [] }
        state = .connecting
        return failAll(.lost, unsent: .notConnected) + [.startConnectTimeout]
    }

    /// CURVE or the system does not let a connection come about: calls fail with the reason until there is one.
    mutating func notAdmitted(_ problem: Problem) -> [Action] {
        guard state == .connecting || state == .down else { return [] }
        state = .down
        absence = problem
        return failAll(.lost, unsent: problem)
    }

    /// The server will stop.
    mutating func receivedGoAway() -> [Action] {
        let sends = trusted()
        if state == .up { state = .draining }
        return sends
    }

    /// The connection takes too long.
    mutating func connectTimedOut() -> [Action] {
        guard state == .connecting else { return [] }
        state = .down
        return failAll(.lost, unsent: .notConnected)
    }

    /// A server that was doubted takes too long.
    ///
    /// - Parameter doubt: the number of the doubt; there may have been another since.
    mutating func pongTimedOut(_ doubt: Int) -> [Action] {
        guard state == .doubtful, doubt == doubts else { return [] }
        return renew()
    }

    /// The server was sent a PING, as every second, and nothing has come for a while. That holds for one that will stop, too, or
    /// that has refused this client: it may have vanished unnoticed, and another one in its place.
    mutating func checkHeartbeat(at now: ContinuousClock.Instant = .now) -> [Action] {
        if lastPing == nil { lastPing = now }
        guard isOpen, state != .doubtful, lastReceived.duration(to: now) > Self.heartbeatTimeout else { return [] }
        return renew()
    }

    /// The server is silent: calls that were sent are lost, and the server learns that they are abandoned; the
    /// others wait for a new connection.
    private mutating func renew() -> [Action] {
        let lost = waiting.filter { unsent[$0.key] == nil }.sorted { $0.key < $1.key }
        for (id, _) in lost { waiting[id] = nil }
        instance = nil
        lastPing = nil
        state = .connecting
        return lost.map { .sendCancel($0.key) } + lost.map { .reply($0.value, .failure(.lost)) }
            + [.reconnect, .startConnectTimeout]
    }

    mutating func closed() -> [Action] {
        state = .closed
        return failAll(.lost, unsent: .notConnected)
    }

    /// Fails all calls. A new session starts with the next HELLO.
    ///
    /// - Parameter unsentProblem: for the calls that were not sent yet.
    private mutating func failAll(_ problem: Problem, unsent unsentProblem: Problem) -> [Action] {
        defer {
            waiting = [:]
            unsent = [:]
            instance = nil
        }
        return waiting.map { id, waiter in
            .reply(waiter, .failure(unsent[id] == nil ? problem : unsentProblem))
        }
    }
}

extension Problem {
    fileprivate static let busy = Problem(
        .overloaded, "Too many calls are in flight.", retryAfter: .milliseconds(100), isUnprocessed: true)
}
