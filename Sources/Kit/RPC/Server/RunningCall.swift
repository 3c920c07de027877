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
        completion?(reply, (intercepted ?? self).call)
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
