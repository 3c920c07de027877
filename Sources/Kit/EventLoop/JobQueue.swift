internal import Synchronization

/// A job for a thread.
struct ThreadJob: Sendable {
    let job: UnownedJob
    /// The executor that its task prefers; `nil` for the job of an actor.
    let preferred: UnownedTaskExecutor?
}

/// The jobs for one thread, the thread's state, and those who wait for its end. All transitions are under one lock.
///
/// Urgent jobs, those of high priority, do not wait for the others.
final class JobQueue: Sendable {
    enum Lifecycle { case running, stopping, ended }

    /// The next action of the thread that adds a job.
    enum Reaction { case nothing, wake, drainAfterShutdown }

    fileprivate struct State: Sendable {
        var jobs: [ThreadJob] = []
        var urgentJobs: [ThreadJob] = []
        var lifecycle = Lifecycle.running
        var isAsleep = false
        var hasLateRunner = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Read before each job, and so without the lock.
    private let hasUrgentJobs = Atomic(false)

    /// `beforeUnlock` runs while the job cannot have been dequeued yet.
    func add(_ job: ThreadJob, isUrgent: Bool, beforeUnlock: (Reaction) -> Void) -> Reaction {
        state.withLock { state in
            if isUrgent {
                state.urgentJobs.append(job)
                hasUrgentJobs.store(true, ordering: .relaxed)
            } else {
                state.jobs.append(job)
            }
            let reaction = state.reactionToNewJob()
            beforeUnlock(reaction)
            return reaction
        }
    }

    /// Swaps the jobs into `running`, which must be empty; false if there are none.
    func dequeue(into running: inout [ThreadJob]) -> Bool {
        state.withLock { state in
            state.dequeue(into: &running)
            return !running.isEmpty
        }
    }

    /// As `dequeue`, but the urgent jobs only.
    func dequeueUrgent(into running: inout [ThreadJob]) -> Bool {
        guard hasUrgentJobs.load(ordering: .relaxed) else { return false }
        return state.withLock { state in
            swap(&state.urgentJobs, &running)
            hasUrgentJobs.store(false, ordering: .relaxed)
            return !running.isEmpty
        }
    }

    /// True if the thread may poll: nothing came since it checked, and whoever adds from now on will wake it.
    func fallAsleep() -> Bool {
        state.withLock { state in
            guard state.isEmpty, state.lifecycle == .running else { return false }
            state.isAsleep = true
            return true
        }
    }

    /// True if there are jobs, or the thread is to end.
    var hasWork: Bool { state.withLock { !$0.isEmpty || $0.lifecycle != .running } }

    func wakeUp() { state.withLock { $0.isAsleep = false } }

    var isStopping: Bool { state.withLock { $0.lifecycle != .running } }

    /// Requests the thread's end; again, does nothing.
    func stop() -> Reaction {
        state.withLock { state in
            guard state.lifecycle == .running else { return .nothing }
            state.lifecycle = .stopping
            defer { state.isAsleep = false }
            return state.isAsleep ? .wake : .nothing
        }
    }

    /// The thread's last act, `leave` under the lock. Returns the waiters, and whether jobs were left.
    func end(leave: () -> Void) -> (waiters: [CheckedContinuation<Void, Never>], reaction: Reaction) {
        state.withLock { state in
            leave()
            state.lifecycle = .ended
            defer { state.waiters = [] }
            return (state.waiters, state.isEmpty ? .nothing : state.reactionToNewJob())
        }
    }

    /// False if the thread has ended already; else `waiter` is among those that `end` returns.
    func await(_ waiter: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            guard state.lifecycle != .ended else { return false }
            state.waiters.append(waiter)
            return true
        }
    }

    /// As `dequeue`, for whoever runs jobs after the end; when there are none, it is dismissed, `leave` under the lock.
    func dequeueLate(into running: inout [ThreadJob], leave: () -> Void) -> Bool {
        state.withLock { state in
            state.dequeue(into: &running)
            guard running.isEmpty else { return true }
            leave()
            state.hasLateRunner = false
            return false
        }
    }
}

extension JobQueue.State {
    fileprivate var isEmpty: Bool { jobs.isEmpty && urgentJobs.isEmpty }

    /// Dequeues the urgent jobs only if there are no others.
    fileprivate mutating func dequeue(into running: inout [ThreadJob]) {
        if jobs.isEmpty { swap(&urgentJobs, &running) } else { swap(&jobs, &running) }
    }

    fileprivate mutating func reactionToNewJob() -> JobQueue.Reaction {
        switch lifecycle {
        case .ended where !hasLateRunner:
            hasLateRunner = true
            return .drainAfterShutdown
        case .running where isAsleep:
            isAsleep = false
            return .wake
        case .running, .stopping, .ended: return .nothing
        }
    }
}
