public import Endpoints
import Synchronization

/// A call in progress. It is replied to once: by its handler, at its deadline, or when its caller cancels,
/// whichever comes first.
public final class RunningCall: Sendable {
    typealias Completion = @Sendable (Reply, Call) -> Void

    private struct State {
        var completion: Completion?
        var task: Task<Void, Never>?
        var timer: TimerQueue.TimerHandle?
        var intercepted: RunningCall?
    }

    let call: Call

    private let state: Mutex<State>

    init(_ call: Call, completion: Completion? = nil) {
        self.call = call
        state = Mutex(State(completion: completion))
    }

    /// The call as interceptors have passed it on; until then, this one.
    var intercepted: RunningCall {
        get { state.withLock { $0.intercepted } ?? self }
        set { state.withLock { $0.intercepted = newValue } }
    }

    /// True once it is replied to.
    package var isFinished: Bool { state.withLock { $0.completion == nil } }

    /// Replies at once, and cancels the handler's task. After the reply it does nothing.
    ///
    /// - Parameter problem: the reply; by default that the caller has cancelled.
    public func cancel(_ problem: Problem = .cancelled) {
        let task = state.withLock { $0.task }
        finish(.failure(problem))
        task?.cancel()
    }

    func finish(_ reply: Reply) {
        let (completion, timer, intercepted) = state.withLock { state in
            defer { state = State(intercepted: state.intercepted) }
            return (state.completion, state.timer, state.intercepted)
        }
        if let timer { TimerQueue.shared.cancel(timer) }
        // One expression for both would copy the call.
        if let intercepted { completion?(reply, intercepted.call) } else { completion?(reply, call) }
    }

    /// Takes over the task that computes the reply. One that has not suspended is done by now, and needs no timer.
    func watch(_ task: Task<Void, Never>, until deadline: ContinuousClock.Instant) {
        state.withLock { state in
            guard state.completion != nil else { return }
            state.task = task
            state.timer = TimerQueue.shared.schedule(at: deadline) { [weak self] in
                self?.cancel(.deadlineExceeded)
            }
        }
    }
}

extension Problem {
    /// The caller has given the call up.
    public static let cancelled = Problem(.cancelled, "The caller has cancelled the call.")

    /// The time of a call is over; whether it was processed is not known.
    public static var deadlineExceeded: Problem {
        Problem(.deadlineExceeded, "The time for the call is over.")
    }

    /// The time of a call was over before it was begun.
    public static var late: Problem {
        Problem(.deadlineExceeded, "The time for the call is over.", isUnprocessed: true)
    }
}

/// Brings a cancellation to a call that may not have started yet.
final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var call: RunningCall?
    }

    private let state = Mutex(State())

    func attach(_ call: RunningCall) {
        let isCancelled = state.withLock { state in
            state.call = call
            return state.isCancelled
        }
        if isCancelled { call.cancel() }
    }

    func cancel() {
        let call = state.withLock { state in
            state.isCancelled = true
            return state.call
        }
        call?.cancel()
    }
}

/// A lasting wait: calls come to their turn with less than half of their time left, and that goes on.
package struct Congestion: Sendable {
    /// The time for which it must go on.
    private static let duration = Duration.milliseconds(100)

    /// The time at which a call had waited for half of its time. None since has waited for less than a quarter.
    private var start: ContinuousClock.Instant?

    package init() {}

    /// - Parameters:
    ///   - wait: the time that a call has waited.
    ///   - remaining: the time that it has left.
    /// - Returns: true if the call is one of those that wait too long.
    package mutating func holds(after wait: Duration, remaining: Duration, at now: ContinuousClock.Instant) -> Bool {
        guard wait > remaining else {
            // A product of durations costs ten times as much as a sum.
            if wait + wait + wait < remaining { start = nil }
            return false
        }
        // Calls that wait because the process was suspended are handled.
        guard let start else {
            start = now
            return false
        }
        return start.duration(to: now) >= Self.duration
    }
}

/// A limit on the calls of one endpoint in flight, found by additive increase and multiplicative decrease: as many as
/// end in time.
///
/// A call that ends after its deadline was wasted work. While more than a twentieth of the calls do, fewer are
/// begun; once no more do, the limit grows as far as it is needed. Where only a few are in flight at a time, their number is
/// not what makes them late. After a rest there is no limit.
///
/// Calls may also wait so long for their turn that they come to it with little time left. If that goes on, those with
/// less than half of their time are refused, which costs next to no time: the others end in time.
struct ConcurrencyLimit {
    /// So many calls are always begun: they may all wait for something that is slow.
    static let smallest = 64
    /// The time between two changes of the limit.
    static let window = Duration.milliseconds(100)
    /// The time without calls after which what was found out about them says nothing of the next.
    static let rest = Duration.seconds(1)
    private static let toleratedDivisor = 20

    private(set) var limit = Int.max
    private(set) var inFlight = 0
    private var windowEnd = ContinuousClock.now + window
    /// Of this window.
    private var (peak, ended, late) = (0, 0, 0)
    private var congestion = Congestion()

    /// - Parameters:
    ///   - wait: the time that the call has waited for its turn.
    ///   - remaining: the time that it has left.
    /// - Returns: whether one more call may begin; every call that has begun must ``leave(isLate:at:)``.
    mutating func enter(after wait: Duration, remaining: Duration, at now: ContinuousClock.Instant) -> Bool {
        if inFlight == 0, limit < .max, now >= windowEnd + Self.rest { limit = .max }
        guard inFlight < limit, !congestion.holds(after: wait, remaining: remaining, at: now) else { return false }
        inFlight += 1
        peak = max(peak, inFlight)
        return true
    }

    /// - Parameter isLate: whether it has ended after its deadline.
    mutating func leave(isLate: Bool, at now: ContinuousClock.Instant) {
        inFlight -= 1
        ended += 1
        if isLate { late += 1 }
        if now >= windowEnd { adapt(at: now) }
    }

    private mutating func adapt(at now: ContinuousClock.Instant) {
        if late * Self.toleratedDivisor > ended {
            if peak > Self.smallest { limit = max(Self.smallest, min(limit, peak) / 10 * 9) }
        } else if peak >= limit {
            limit += max(1, limit / Self.toleratedDivisor)
        }
        (peak, ended, late) = (inFlight, 0, 0)
        windowEnd = now + Self.window
    }
}

/// The calls of one endpoint, whatever front they came by.
final class EndpointLoad: Sendable {
    private let limit = Mutex(ConcurrencyLimit())

    /// - Returns: whether one more call may begin.
    func enter(after wait: Duration, by deadline: ContinuousClock.Instant, at now: ContinuousClock.Instant) -> Bool {
        limit.withLock { $0.enter(after: wait, remaining: now.duration(to: deadline), at: now) }
    }

    func leave(by deadline: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        limit.withLock { $0.leave(isLate: deadline <= now, at: now) }
    }
}

/// Bounds the calls in flight: those of the service by what it may hold, those of each endpoint by what ends in time. What
/// comes above is refused at once, before anything is decoded.
final class CallLimit: Sendable {
    private let limit: Int
    private let inFlight = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    var callsInFlight: Int { inFlight.load(ordering: .relaxed) }

    /// Every call that has entered must ``leave(_:by:)``.
    ///
    /// - Parameter wait: the time that the call has waited for its turn.
    func enter(
        _ endpoint: EndpointLoad, after wait: Duration, by deadline: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) throws(Problem) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= limit else {
            inFlight.subtract(1, ordering: .relaxed)
            throw .overloaded("More than \(limit) calls are in flight.")
        }
        guard endpoint.enter(after: wait, by: deadline, at: now) else {
            inFlight.subtract(1, ordering: .relaxed)
            throw .overloaded("More calls of this endpoint come than end in time.")
        }
    }

    func leave(_ endpoint: EndpointLoad, by deadline: ContinuousClock.Instant) {
        endpoint.leave(by: deadline)
        inFlight.subtract(1, ordering: .relaxed)
    }
}

extension Problem {
    /// A call was refused because of overload; it was not begun.
    package static func overloaded(_ detail: String) -> Problem {
        Problem(.overloaded, detail, retryAfter: .milliseconds(100), isUnprocessed: true)
    }
}
