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

/// Who waits for a reply.
struct Waiting {
    let continuation: CheckedContinuation<Reply, Never>
    let timer: Deadlines.Ticket
    var timing: Timing?
}

/// What a client knows of its connection and of the calls on it. It does no I/O: each transition returns what is to be done.
struct Connection {
    enum State: Equatable {
        /// Never connected yet, and not for long: calls wait.
        case young
        case up
        /// Calls fail at once.
        case down
        /// The server has said that it will stop: calls in flight go on, new ones fail at once.
        case leaving
        /// The server keeps another contract: calls fail with what it said.
        case refused(Problem)
        case closed
    }

    enum Action {
        case send(UInt64, Request)
        case sendCancel(UInt64)
        case sendHello
        case answer(Waiting, Reply)
    }

    /// For how long calls wait for the first connection.
    static let patience = Duration.milliseconds(500)
    /// A server that is silent for longer is not there, whatever the socket says.
    static let silence = Duration.seconds(4)

    /// The id of the HELLO; calls have others.
    static let helloID: UInt64 = 0

    private(set) var state = State.young
    private var lastID: UInt64 = 0
    private var unsent: [UInt64: Request] = [:]
    private var waiting: [UInt64: Waiting] = [:]
    private var instance: String?
    private var lastHeard = ContinuousClock.now
    /// Why there is no connection, if that is known.
    private var absence: Problem?

    var isUp: Bool { state == .up }

    /// Whether there is a connection, even if no calls are sent on it.
    var isOpen: Bool {
        switch state {
        case .up, .leaving, .refused: true
        case .young, .down, .closed: false
        }
    }

    /// Where the caller wants to have it, where a call's time went.
    func timing(of id: UInt64) -> Timing? { waiting[id]?.timing }

    mutating func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// A call wants to be sent.
    mutating func enter(_ id: UInt64, _ request: Request, _ waiter: Waiting) -> [Action] {
        if waiting.count >= ZeroMQCaller.maxInFlight {
            return [.answer(waiter, .failure(.busy))]
        }
        switch state {
        case .young:
            waiting[id] = waiter
            unsent[id] = request
            return []
        case .up:
            waiting[id] = waiter
            return [.send(id, request)]
        case .refused(let problem): return [.answer(waiter, .failure(problem))]
        case .down: return [.answer(waiter, .failure(absence ?? .notConnected))]
        case .leaving, .closed: return [.answer(waiter, .failure(.notConnected))]
        }
    }

    /// A call ends without the server: its time is over, or its caller has gone.
    mutating func abandon(_ id: UInt64, _ problem: Problem) -> [Action] {
        guard let waiter = waiting.removeValue(forKey: id) else { return [] }
        let isSent = unsent.removeValue(forKey: id) == nil
        return [.answer(waiter, .failure(problem))] + (isSent && state != .down ? [.sendCancel(id)] : [])
    }

    /// The socket would not take a call.
    mutating func refused(_ id: UInt64) -> [Action] {
        waiting.removeValue(forKey: id).map { [.answer($0, .failure(.notConnected))] } ?? []
    }

    /// A reply has come. Late and unknown ones are ignored.
    mutating func replied(_ id: UInt64, _ reply: Reply) -> [Action] {
        lastHeard = .now
        if id == Self.helloID, case .failure(let problem) = reply {
            state = .refused(problem)
            return lose(problem)
        }
        return waiting.removeValue(forKey: id).map { [.answer($0, reply)] } ?? []
    }

    /// Anything else has come from the server.
    mutating func heard() -> [Action] {
        lastHeard = .now
        return state == .down || state == .young ? connected() : []
    }

    /// The handshake is done: what waited is sent.
    mutating func connected() -> [Action] {
        guard state != .closed else { return [] }
        state = .up
        absence = nil
        lastHeard = .now
        let sends = unsent.sorted { $0.key < $1.key }.map { Action.send($0, $1) }
        unsent = [:]
        return [.sendHello] + sends
    }

    /// The server has said who it is. Another process than before knows nothing of the calls in flight.
    mutating func greeted(by server: String) -> [Action] {
        let lost = instance.map { $0 != server } == true ? lose(.lost) : []
        instance = server
        return lost + heard()
    }

    /// The connection is gone, and with it the replies.
    mutating func disconnected() -> [Action] {
        guard isOpen else { return [] }
        state = .down
        return lose(.lost)
    }

    /// CURVE does not let a connection come about: calls fail with the reason until there is one.
    mutating func notAdmitted(_ problem: Problem) -> [Action] {
        guard state == .young || state == .down else { return [] }
        state = .down
        absence = problem
        return lose(problem)
    }

    /// The server will stop.
    mutating func sentAway() -> [Action] {
        if state == .up { state = .leaving }
        return []
    }

    /// The first connection takes too long.
    mutating func lostPatience() -> [Action] {
        guard state == .young else { return [] }
        state = .down
        return lose(.notConnected)
    }

    /// Nothing has come for a while, though the server was asked.
    mutating func checkSilence() -> [Action] {
        guard state == .up, lastHeard.duration(to: .now) > Self.silence else { return [] }
        state = .down
        return lose(.lost)
    }

    mutating func closed() -> [Action] {
        state = .closed
        return lose(.notConnected)
    }

    /// Ends all calls. Whoever answers the next HELLO, the calls of then will be its own.
    private mutating func lose(_ problem: Problem) -> [Action] {
        defer {
            waiting = [:]
            unsent = [:]
            instance = nil
        }
        return waiting.values.map { .answer($0, .failure(problem)) }
    }
}

extension Problem {
    fileprivate static let busy = Problem(
        .overloaded, "Too many calls are in flight.", retryAfter: .milliseconds(100), isUnprocessed: true)
}
