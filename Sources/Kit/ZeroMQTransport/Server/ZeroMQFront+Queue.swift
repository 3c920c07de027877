import DequeModule
import Endpoints
import Foundation
import Logging
import RPC
import ZeroMQ
import ZMTP

extension ZeroMQFront {
    /// Begins a call after those that wait already, and after all that was read together with it: its cancellation may be
    /// there.
    func beginInTurn(_ request: UnbegunCall) {
        request.peer.queuedCalls += 1
        queue.append(request)
        if queue.count == 1 { Task { beginQueued() } }
    }

    /// Begins calls for a while, and lets others have the thread before the next ones.
    private func beginQueued() {
        let start = ContinuousClock.now
        let end = queue.turnEnd(from: start)
        var (now, count) = (start, 0)
        while now < end, let request = queue.popFirst() {
            beginQueued(request)
            count += 1
            now = .now
        }
        queue.endTurn(of: count, from: start, at: now)
        if !queue.isEmpty { Task { beginQueued() } }
    }

    private func beginQueued(_ request: UnbegunCall) {
        var request = request
        request.peer.queuedCalls -= 1
        let isAbandoned =
            peers[request.path.peer] !== request.peer || request.peer.hasCancelled(CallID(request.id, request.path))
        if isAbandoned { request.call.rejection = .cancelled }
        begin(request)
    }

    /// The id of a message that is certainly a call and could not be begun in good time. That is found without reading its head,
    /// so that refusing a call costs next to nothing of the time of those that can be handled.
    func hopelessCall(in frames: Frames, of peer: Peer?) -> UInt64? {
        guard !queue.isEmpty, frames.isWhole, frames.count == 3,
            case .preamble(let preamble) = Preamble.read(frames[0]),
            preamble.kind == .request, preamble.time > 0, let first = frames[1].first, first != UInt8(ascii: "_")
        else { return nil }
        let age = Duration.milliseconds(SendTime(in: frames[1]).flatMap { peer?.transit.age(of: $0) } ?? 0)
        let remaining = .milliseconds(Int(preamble.time)) - age
        let canKeep = queue.canKeep(remaining, after: min(age, thread.idleUntil.duration(to: .now)))
        return canKeep ? nil : preamble.id
    }

    /// Refuses a call that is not begun, without a line in the log for each.
    func refuseQuickly(_ id: UInt64, _ path: ReplyRoute) {
        counters.overloaded += 1
        overload.warn("Calls are refused: more come than can be answered in time")
        let preamble = Preamble(.reply, id: id, time: Self.refusal.retryAfter)
        send(RPCMessage(preamble, head: Self.refusalHead, body: Self.refusalBody), to: path)
    }

    private static let refusal = Reply.failure(.overloaded("Too many calls wait for their turn."))
    private static let refusalHead = Headers(refusal, to: Call("")).bytes
    private static let refusalBody = refusal.body(traceID: "")
}

/// A call that was read and is not begun.
struct UnbegunCall {
    var call: Call
    let id: UInt64
    let peer: Peer
    let path: ReplyRoute
    /// The time that its message was under way, in milliseconds, if known.
    let age: Int64?

    /// True if it came so quickly that no cancellation can wait behind it.
    var isFresh: Bool { age.map { $0 < 5 } ?? false }
}

/// Calls that wait for their turn, oldest first. It knows how long the next one will wait, so that a call which cannot
/// be begun in good time is refused when it comes, and not when its time is over.
struct CallQueue {
    /// Replies, calls over HTTP and checks of health wait for the end of a turn.
    private static let shortestTurn = Duration.microseconds(250)
    private static let longTurn = Duration.milliseconds(20)
    /// A turn is so many times as long as what came between it and the one before, which is mostly reading: of calls
    /// that are refused there may be any number.
    private static let share = 4

    private var calls: Deque<UnbegunCall> = []
    /// The time of the thread that a call takes; later ones weigh more.
    private(set) var average = Duration.zero
    private var lastTurnEnd = ContinuousClock.now

    var isEmpty: Bool { calls.isEmpty }
    var count: Int { calls.count }

    /// The time that one more call would wait.
    var wait: Duration { average * calls.count }

    /// True if a call could be begun before half of its time here is over. Nearer to its end it would often be handled too
    /// late, and keep the thread from calls that can be handled in time.
    ///
    /// - Parameters:
    ///   - remaining: the time that it has left.
    ///   - waited: how long it has waited for this thread.
    func canKeep(_ remaining: Duration, after waited: Duration) -> Bool { waited + wait <= (waited + remaining) / 2 }

    mutating func append(_ call: UnbegunCall) { calls.append(call) }

    mutating func popFirst() -> UnbegunCall? { calls.popFirst() }

    /// The time at which a turn that begins now should end.
    func turnEnd(from now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let pause = lastTurnEnd.duration(to: now)
        return now + min(max(pause * Self.share, Self.shortestTurn), max(pause, Self.longTurn))
    }

    /// A turn is over in which so many calls were begun, one at least.
    mutating func endTurn(of count: Int, from start: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        lastTurnEnd = now
        let mean = start.duration(to: now) / count
        average = average == .zero ? mean : (average * 7 + mean) / 8
    }
}
