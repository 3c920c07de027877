import Background
import CSodium
import Endpoints
import Synchronization

/// The slots of those whose passwords are hashed or wait for it. A slot is released when its work is done, or its
/// task is cancelled before that has begun.
final class HashingQueue: Sendable {
    private struct State {
        var used = 0
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
    func reserveSlot() throws(Problem) -> Slot {
        let pause: Duration? = state.withLock { state in
            guard state.used >= capacity else {
                state.used += 1
                return nil
            }
            let interval = state.average / workers
            return state.retries.next(after: max(.seconds(1), interval * state.used), interval: interval, at: .now)
        }
        guard let pause else { return Slot(self) }
        throw Problem(
            .tooManyRequests, "Too many passwords are being checked.", retryAfter: pause, isUnprocessed: true)
    }

    fileprivate func release(after duration: Duration?) {
        state.withLock { state in
            state.used -= 1
            if let duration { state.average = (state.average * 7 + duration) / 8 }
        }
    }

    /// A slot of the queue.
    final class Slot: Sendable {
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

        /// - Throws: `CancellationError` if the slot has been released meanwhile.
        func begin() throws {
            try state.withLock { state in
                guard case .waiting = state else { throw CancellationError() }
                state = .working(since: .now)
            }
        }

        /// Releases the slot after the work.
        func end() {
            let duration: Duration? = state.withLock { state in
                guard case .working(let since) = state else { return nil }
                state = .left
                return since.duration(to: .now)
            }
            if let duration { queue.release(after: duration) }
        }

        /// Releases the slot unless its work has begun.
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
    /// libsodium maps its working memory for each hash. While the kernel populates it, some milliseconds, any thread whose heap
    /// must grow blocks, with all that it serves. Larger steps make that rare.
    public static func growInLargeSteps() {
        #if canImport(Glibc)
            mallopt(M_TOP_PAD, step)
            // Once one of the two is set, glibc adapts neither by itself.
            mallopt(M_MMAP_THRESHOLD, step)
        #endif
    }
}
