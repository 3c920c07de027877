internal import Glibc
internal import Synchronization

/// One named thread that owns sockets and runs actors: the fast path from a socket to an actor and back.
///
/// It is the `SerialExecutor` of the actors it serves (see `ThreadBound`) and a `TaskExecutor`. What an attached socket's
/// closure calls on such an actor, it calls in place, without a hop. Nothing that runs here may block, for it would block
/// every socket and actor of the thread. Isolation is what makes calls cheap; a task that merely *prefers* this executor
/// runs here, but is enqueued again whenever it enters an actor.
///
/// The thread keeps this object alive until `shutdown()`; without it, both stay until the process ends. An actor must hold
/// its thread strongly. Jobs that come after the end are neither lost nor run at the same time as one another: they run,
/// in order, on a borrowed thread. The sockets are closed by then, so what they do with sockets throws `ENOTSOCK`.
public final class SocketThread: Sendable {
    public let name: String
    let queue = JobQueue()
    let wake: WakeUp
    /// `pthread_self()` of whoever runs the jobs now; 0 for nobody.
    let owner = Atomic<UInt>(0)
    /// Touched only by the thread itself, from its first instruction to its last.
    nonisolated(unsafe) let loop: EpollLoop
    /// The thread to be joined, until somebody has done it.
    private let joinable = Mutex<pthread_t?>(nil)

    /// Starts the thread.
    /// - Parameter name: shown by `ps -L` and debuggers; the kernel keeps 15 bytes of it.
    /// - Throws: `ZeroMQError`: `EMFILE`, `EAGAIN` when the system has no descriptor or no thread left.
    public init(name: String) throws(ZeroMQError) {
        self.name = name
        wake = try WakeUp()
        loop = try EpollLoop(wakeDescriptor: wake.descriptor)
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        let code = pthread_create(&thread, nil, enterSocketThread, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            throw ZeroMQError(code: code, operation: "start the thread \(name)")
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

    /// Asks the thread to end, from anywhere, its own jobs included, and returns at once.
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

    /// Runs `body` on the thread and returns its result; for set-up and tests. An actor of the thread needs it not.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await Visitor(thread: self).run(body)
    }

    private actor Visitor: ThreadBound {
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
