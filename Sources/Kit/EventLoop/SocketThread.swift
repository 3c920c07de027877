internal import CEvents
internal import Dispatch
internal import Glibc
internal import Synchronization

/// One named thread that owns sockets and runs actors: the fast path from a socket to an actor and back.
///
/// It is the `SerialExecutor` of the actors it serves (see `ThreadBound`). What an attached socket's closure calls on such an
/// actor, it calls in place, without a hop. Nothing that runs here may block, for it would block every socket and actor of
/// the thread. Isolation is what makes calls cheap; work that belongs to no actor runs here by a ``ThreadPreference``.
///
/// The thread keeps this object alive until `shutdown()`; without it, both stay until the process ends. An actor must hold
/// its thread strongly. Jobs that come after the end are neither lost nor run at the same time as one another: they run,
/// in order, on a borrowed thread. The sockets are closed by then, so what they do with sockets throws `ENOTSOCK`.
public final class SocketThread: Sendable {
    /// The name of the thread, for debuggers.
    public let name: String
    let queue = JobQueue()
    let wake: WakeUp
    /// `pthread_self()` of the thread that runs the jobs now; 0 for none.
    let owner = Atomic<UInt>(0)
    /// Touched only by the thread itself, from its first instruction to its last.
    nonisolated(unsafe) let loop: EpollLoop
    /// The thread to be joined, until somebody has done it.
    private let joinable = Mutex<pthread_t?>(nil)

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by `ps -L` and debuggers; the kernel keeps 15 bytes of it.
    ///   - spinTime: for how long it polls for work before it sleeps, if that has paid lately: small calls take less time than
    ///     waking a thread does. With one processor it must be zero.
    /// - Throws: ``SystemError``: `EMFILE`, `EAGAIN` when the system has no descriptor or no thread left.
    public init(name: String, spinTime: Duration = .zero) throws(SystemError) {
        self.name = name
        wake = try WakeUp()
        loop = try EpollLoop(wake, spinTime: spinTime)
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, nil, enterSocketThread, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw SystemError(code: code, operation: "start the thread \(name)")
        }
        joinable.withLock { $0 = thread }
    }

    deinit {
        joinable.withLock { thread in
            if let thread { pthread_detach(thread) }
        }
        wake.close()
    }

    /// True on the thread itself.
    public var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Requests the thread's end, from anywhere, its own jobs included, and returns at once.
    ///
    /// The jobs that are there are run, then attached sockets are closed.
    public func stop() {
        if queue.stop() == .wake { wake.signal() }
    }

    /// Ends the thread and returns when it is gone. From anywhere, any number of times.
    ///
    /// Called by an actor of this very thread, the rest of the caller runs on a borrowed thread.
    public func shutdown() async {
        stop()
        await withCheckedContinuation { waiter in
            if !queue.await(waiter) { waiter.resume() }
        }
        let thread = joinable.withLock { $0.take() }
        if let thread { pthread_join(thread, nil) }
    }

    /// Runs `body` on the thread and returns its result; for set-up and tests. An actor of the thread does not need it.
    ///
    /// - Throws: the error of `body`.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await IsolatedRunner(thread: self).run(body)
    }

    private actor IsolatedRunner: ThreadBound {
        let thread: SocketThread
        init(thread: SocketThread) { self.thread = thread }

        func run<Value: Sendable, Failure: Error>(
            _ body: @Sendable () throws(Failure) -> Value
        ) throws(Failure) -> Value { try body() }
    }
}

/// The first function of the thread. All signals are blocked here: they are the main thread's business.
private let enterSocketThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
    guard let argument else { return nil }
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, nil)
    Unmanaged<SocketThread>.fromOpaque(argument).takeRetainedValue().main()
    return nil
}

/// An actor that lives on a `SocketThread`. Holding the thread in a `let` is all it has to do.
public protocol ThreadBound: Actor {
    nonisolated var thread: SocketThread { get }
}

extension ThreadBound {
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
}

extension ThreadBound {
    /// Returns a function of the actor as one that whatever runs on the actor's thread calls in place.
    ///
    /// It does what `assumeIsolated` does, which looks the executor up and allocates a closure twice: too much for each
    /// message.
    package static func onThread<Argument>(
        _ function: @escaping @Sendable (isolated Self, Argument) -> Void
    ) -> @Sendable (Self, Argument) -> Void {
        // `isolated` changes what the compiler allows and not how an argument is passed: the standard library's
        // `assumeIsolated` casts so, too.
        let unchecked = unsafeBitCast(function, to: (@Sendable (Self, Argument) -> Void).self)
        return { actor, argument in
            actor.thread.checkIsolated()
            unchecked(actor, argument)
        }
    }
}

extension SocketThread: SerialExecutor {
    /// From any thread, at any time. Wakes the thread only if it sleeps. A job of high priority does not wait for those of
    /// lower priority that have been enqueued before.
    public func enqueue(_ job: consuming ExecutorJob) { enqueue(job, preferring: nil) }

    fileprivate func enqueue(_ job: consuming ExecutorJob, preferring executor: UnownedTaskExecutor?) {
        // The caller lends this object; once another thread has the job, the lender may be gone before we have signalled.
        let retained = Unmanaged.passUnretained(self)
        let isUrgent = job.priority.rawValue >= TaskPriority.high.rawValue
        let reaction = queue.add(ThreadJob(job: UnownedJob(job), preferred: executor), isUrgent: isUrgent) { reaction in
            if reaction != .nothing { _ = retained.retain() }
        }
        guard reaction != .nothing else { return }
        react(to: reaction)
        retained.release()
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Lets `assumeIsolated` and `Task.immediate` go on in place, outside any job, too.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    public func checkIsolated() {
        precondition(isCurrent, "this runs outside the thread \(name)")
    }

    /// Under the executor that enqueued it: the runtime compares both, the actor's and the one that the task prefers, with
    /// what comes next, and each `await` that differs becomes an enqueue.
    private func run(_ job: ThreadJob) {
        if let executor = job.preferred {
            job.job.runSynchronously(on: executor)
        } else {
            job.job.runSynchronously(on: asUnownedSerialExecutor())
        }
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
        var running: [ThreadJob] = []
        while queue.dequeueLate(into: &running, leave: { owner.store(0, ordering: .relaxed) }) {
            for job in running { run(job) }
            running.removeAll(keepingCapacity: true)
        }
    }
}

/// Lets a task run on a thread what belongs to no actor, and wakes it there after each suspension.
///
/// Inside an actor of the thread such a task would be enqueued at each `await`: call the actor by `assumeIsolated` instead.
public final class ThreadPreference: TaskExecutor {
    private let thread: SocketThread

    /// Makes the preference for a thread, which it keeps.
    public init(for thread: SocketThread) {
        self.thread = thread
    }

    /// From any thread, at any time.
    public func enqueue(_ job: consuming ExecutorJob) {
        thread.enqueue(job, preferring: asUnownedTaskExecutor())
    }

    /// By identity: each object is a preference of its own.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
}

extension SocketThread {
    /// Few jobs make few others: a call of one caller takes three in a row. So many rounds of so few run before the thread sends
    /// what they wrote and polls, which costs as much as some jobs; what comes meanwhile does not wait for long.
    private static let (rounds, few) = (4, 8)
    /// Jobs that are left after so many rounds at the end keep making new ones; they go on as late jobs.
    private static let finalRounds = 64

    /// Receive → run jobs → send what they wrote → poll again, for a while → only then sleep.
    func main() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        nameThisThread(name)
        while !queue.isStopping {
            let isBusy = loop.drain()
            runChains()
            loop.endTurn()
            if isBusy || loop.spin(until: { queue.hasWork }) || !queue.fallAsleep() { continue }
            // Descriptors that are ready make jobs, for which this thread need not be woken.
            loop.sleep(queue.wakeUp)
        }
        finish()
    }

    private func runChains() {
        for _ in 0..<Self.rounds where !(1...Self.few).contains(runJobs()) { return }
    }

    /// - Returns: how many there were.
    @discardableResult
    private func runJobs() -> Int {
        guard queue.dequeue(into: &loop.running) else { return 0 }
        let count = loop.running.count
        for job in loop.running {
            runUrgentJobs()
            run(job)
        }
        loop.running.removeAll(keepingCapacity: true)
        return count
    }

    private func runUrgentJobs() {
        guard queue.dequeueUrgent(into: &loop.runningUrgent) else { return }
        for job in loop.runningUrgent { run(job) }
        loop.runningUrgent.removeAll(keepingCapacity: true)
    }

    private func finish() {
        var rounds = 0
        while rounds < Self.finalRounds, runJobs() > 0 { rounds += 1 }
        loop.closeAll()
        runJobs()
        let (waiters, reaction) = queue.end { owner.store(0, ordering: .relaxed) }
        react(to: reaction)
        for waiter in waiters { waiter.resume() }
    }

    /// Watches a source of messages, from the thread only, until it is detached or closed.
    ///
    /// - Parameter drain: called when there may be messages. It receives until nothing is left or `limit` messages have come,
    ///   and returns their number; 0 lets the thread sleep.
    package func attach(_ source: any MessageSource, drain: @escaping (_ limit: Int) -> Int) -> PollRegistration {
        preconditionIsolated("a source is attached on its thread")
        return loop.add(
            PollRegistration(.source(source, drain: drain), descriptor: source.descriptor, interest: .readable))
    }

    /// Watches a plain descriptor, from the thread only, until it is detached. It stays its owner's: detach, then close.
    ///
    /// `onReady` is called with what the descriptor is ready for, as long as it is (level-triggered).
    @discardableResult
    public func attach(
        descriptor: Int32, for interest: PollRegistration.Readiness = .readable,
        onReady: @escaping (PollRegistration.Readiness) -> Void
    ) -> PollRegistration {
        preconditionIsolated("a descriptor is attached on its thread")
        return loop.add(PollRegistration(.descriptor(onReady: onReady), descriptor: descriptor, interest: interest))
    }

    /// Forgets a source or descriptor, from the thread only; neither is closed. Its closure is not called again.
    public func detach(_ registration: PollRegistration) {
        preconditionIsolated("it is detached on its thread")
        registration.detach()
    }

    /// Calls `flush()` at the end of this turn of the thread or before, from the thread only.
    package func flushSoon(_ writer: any Flushable) {
        loop.flushSoon(writer)
    }

    /// The default of ``readingTime``.
    package static let longReading = Duration.milliseconds(5)

    /// The time for which a connection that has more to read is read from before the others and the jobs have their turn, from
    /// the thread only. Long, what has waited together is seen together; with work that waits for its turn it should be short.
    package var readingTime: Duration {
        get { loop.readingTime }
        set { loop.readingTime = newValue }
    }

    /// The number of those that expect replies, from the thread only: it is worth polling for a reply before a sleep even if
    /// other work mostly comes later.
    package var waiters: Int {
        get { loop.waiters }
        set { loop.waiters = newValue }
    }

    /// Memory to read into, from the thread only, for one at a time.
    package var scratch: UnsafeMutableRawBufferPointer { loop.scratch }
}

/// An eventfd: any thread signals, the loop polls it and clears it.
package struct WakeUp: Sendable {
    package let descriptor: Int32

    /// - Throws: ``SystemError`` `EMFILE` if the system has no descriptor left.
    package init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("make a wake-up descriptor") }
    }

    package func signal() { eventfd_write(descriptor, 1) }

    package func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    package func close() { Glibc.close(descriptor) }
}

/// An operation that the kernel refused.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errno, such as `EMFILE`.
    public let code: Int32
    /// The operation and its object, such as `start the thread caller`.
    public let operation: String

    public var description: String { "\(operation): \(String(cString: strerror(code)))" }

    /// The error of the system call that has just failed on this thread.
    package static func last(_ operation: String) -> SystemError { SystemError(code: errno, operation: operation) }
}
