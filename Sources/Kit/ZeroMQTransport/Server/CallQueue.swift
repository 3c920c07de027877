import DequeModule
import RPC

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
