import Background
import CSodium
import Endpoints
import Synchronization

/// The places of those whose passwords are hashed or wait for it. A place is given back when its work is done, or its
/// task is cancelled before that has begun.
final class HashingQueue: Sendable {
    private struct State {
        var taken = 0
        /// The time that the last pieces of work have taken; the latest weigh most.
        var average = Duration.milliseconds(50)
        var retries = RetrySchedule()
    }

    private let state = Mutex(State())
    private let workers: Int
    private let capacity: Int

    init(workers: Int, waiting: Int) {
        self.workers = workers
        capacity = workers + waiting
    }

    /// - Throws: ``Problem/Kind/tooManyRequests`` if there is none, with a time to come again that grows with those who
    /// have been refused.
    func place() throws(Problem) -> Place {
        let pause: Duration? = state.withLock { state in
            guard state.taken >= capacity else {
                state.taken += 1
                return nil
            }
            let interval = state.average / workers
            return state.retries.next(after: max(.seconds(1), interval * state.taken), interval: interval, at: .now)
        }
        guard let pause else { return Place(self) }
        throw Problem(
            .tooManyRequests, "Too many passwords are being checked.", retryAfter: pause, isUnprocessed: true)
    }

    fileprivate func release(after duration: Duration?) {
        state.withLock { state in
            state.taken -= 1
            if let duration { state.average = (state.average * 7 + duration) / 8 }
        }
    }

    /// One's place in the queue.
    final class Place: Sendable {
        private enum State {
            case waiting
            case working(since: ContinuousClock.Instant)
            case left
        }

        private let state = Mutex(State.waiting)
        private let queue: HashingQueue

        fileprivate init(_ queue: HashingQueue) {
            self.queue = queue
        }

        /// - Throws: `CancellationError` if the place has been given back meanwhile.
        func begin() throws {
            try state.withLock { state in
                guard case .waiting = state else { throw CancellationError() }
                state = .working(since: .now)
            }
        }

        /// Gives the place back after the work.
        func end() {
            let duration: Duration? = state.withLock { state in
                guard case .working(let since) = state else { return nil }
                state = .left
                return since.duration(to: .now)
            }
            if let duration { queue.release(after: duration) }
        }

        /// Gives the place back unless its work has begun.
        func cancel() {
            let hasWaited = state.withLock { state in
                guard case .waiting = state else { return false }
                state = .left
                return true
            }
            if hasWaited { queue.release(after: nil) }
        }
    }
}

/// The memory of a process that hashes passwords.
public enum MallocTuning {
    /// Bytes.
    private static let step: Int32 = 4 << 20

    /// Lets the heaps of glibc grow in large steps, and seldom. Call it at the start of a process, before its threads have
    /// heaps.
    ///
    /// libsodium asks the system for the memory of each hash anew. Until that is there, some milliseconds, the system gives
    /// the process no other: a thread whose heap must grow waits, and all whom it serves with it.
    public static func growInLargeSteps() {
        #if canImport(Glibc)
            mallopt(M_TOP_PAD, step)
            // Once one of the two is set, glibc adapts neither by itself.
            mallopt(M_MMAP_THRESHOLD, step)
        #endif
    }
}
