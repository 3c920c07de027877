import DequeModule
import Dispatch
import Foundation
import Synchronization

/// A few threads for work that blocks or takes long, one piece after another on each, in the order of the calls. They end
/// with this object, when all work is done.
public final class BlockingThreadPool: Sendable {
    /// The share of a processor that the system gives the threads if others want it too.
    public enum Priority: Int32, Sendable {
        case normal = 0
        /// A third: for what somebody waits for who has time.
        case low = 5
        /// A tenth: for what would take a processor for itself.
        case lowest = 10
    }

    private typealias Job = @Sendable () -> Void

    /// Outlives the object, until its threads have seen that it is gone.
    private final class JobList: Sendable {
        private let jobs = Mutex<Deque<Job>>([])
        private let signal = DispatchSemaphore(value: 0)

        func add(_ job: @escaping Job) {
            jobs.withLock { $0.append(job) }
            signal.signal()
        }

        /// Wakes a worker without a job: it ends.
        func dismiss() { signal.signal() }

        /// - Returns: `nil` if it is dismissed.
        func next() -> Job? {
            signal.wait()
            return jobs.withLock { $0.popFirst() }
        }
    }

    private let jobs = JobList()
    private let count: Int

    /// - Parameters:
    ///   - count: how many threads.
    ///   - name: of each, in what the system shows of them; 15 bytes of it.
    ///   - priority: Linux' “nice”, on Linux.
    public init(_ count: Int, name: String, priority: Priority = .normal) {
        self.count = count
        for _ in 0..<count {
            let hasStarted = DispatchSemaphore(value: 0)
            let thread = Thread { [jobs] in
                hasStarted.wait()
                // From here: a name that is given from outside may be written over by the one that the thread is born with.
                Thread.current.name = name
                #if os(Linux)
                    // On Linux it speaks of the calling thread alone.
                    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, priority.rawValue)
                #endif
                pthread_setspecific(isWorker, UnsafeRawPointer(bitPattern: 1))
                while let job = jobs.next() { job() }
            }
            thread.start()
            hasStarted.signal()
        }
    }

    deinit {
        for _ in 0..<count { jobs.dismiss() }
    }

    /// True if the calling thread is one of these or of others.
    public static var isCurrentThread: Bool { pthread_getspecific(isWorker) != nil }

    /// Runs `work` on a thread of the pool; inline if already on a thread of any such pool: that one may block, and a change of
    /// thread costs time.
    ///
    /// The caller's task itself goes there and comes back: a continuation would come back by way of the shared threads.
    /// A closure that the work calls and that was made elsewhere leaves these threads, unless its type is
    /// `@concurrent`.
    ///
    /// - Throws: what the work throws.
    public func run<Value: Sendable, Failure: Error>(
        _ work: @Sendable @concurrent () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard !Self.isCurrentThread else { return try await work() }
        return try await withTaskExecutorPreference(self) { () async throws(Failure) -> Value in try await work() }
    }
}

private let isWorker = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
}()

extension BlockingThreadPool: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.add { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Runs what blocks on a thread of its own.
package enum Blocking {
    /// - Returns: the result of the work, when it is done.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}
