internal import Dispatch
internal import Glibc
internal import Synchronization

extension SocketThread: SerialExecutor, TaskExecutor {
    /// From any thread, at any time. Wakes the thread only if it sleeps.
    public func enqueue(_ job: consuming ExecutorJob) {
        // The caller lends this object; once another thread has the job, the lender may be gone before we have signalled.
        let retained = Unmanaged.passUnretained(self)
        let reaction = queue.add(UnownedJob(job)) { reaction in
            if reaction != .nothing { _ = retained.retain() }
        }
        guard reaction != .nothing else { return }
        react(to: reaction)
        retained.release()
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Lets `assumeIsolated` and `Task.immediate` go on in place, outside any job, too.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    public func checkIsolated() {
        precondition(isCurrent, "this runs outside the thread \(name)")
    }

    /// Without naming this thread as task executor: the runtime compares that, too, with what the task prefers, and for
    /// a task without a preference, which is nearly every one, each `await` inside an actor would become an enqueue.
    func run(_ job: UnownedJob) {
        job.runSynchronously(on: asUnownedSerialExecutor())
    }

    func react(to reaction: JobQueue.Reaction) {
        switch reaction {
        case .nothing: return
        case .wake: wake.signal()
        case .drainAfterShutdown: DispatchQueue.global().async { self.drainAfterShutdown() }
        }
    }

    /// Runs what came after the end, one job after another, until there is none.
    private func drainAfterShutdown() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        var running: [UnownedJob] = []
        while queue.takeLate(into: &running, leave: { owner.store(0, ordering: .relaxed) }) {
            for job in running { run(job) }
            running.removeAll(keepingCapacity: true)
        }
    }
}
