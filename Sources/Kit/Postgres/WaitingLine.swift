import Dispatch
import Synchronization

/// Those that wait for a connection, in order, and their number bounded.
final class WaitingLine: Sendable {
    struct Job {
        let number: Int
        let run: @Sendable (Worker) -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    fileprivate struct State {
        var jobs: [Job] = []
        var next = 0
        var workers: Int
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let state: Mutex<State>
    private let news = DispatchSemaphore(value: 0)

    init(capacity: Int, workers: Int) {
        self.capacity = capacity
        state = Mutex(State(workers: workers))
    }

    /// Waits until a worker has done some work.
    ///
    /// - Throws: what the work throws; ``PostgresError/full``, ``PostgresError/closed``; `CancellationError`.
    func wait<Value: Sendable>(for work: @escaping @Sendable (Worker) throws -> Value) async throws -> Value {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(
                    Job(
                        number: number,
                        run: { worker in continuation.resume(with: Result { try work(worker) }) },
                        refuse: { continuation.resume(throwing: $0) }))
            }
        } onCancel: {
            remove(number)?.refuse(CancellationError())
        }
    }

    /// The next job, for a worker, which waits for it; `nil` once the line is closed.
    func next() -> Job? {
        while true {
            news.wait()
            let (job, isClosed) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isClosed)
            }
            if let job { return job }
            if isClosed { return nil }
        }
    }

    /// Says that a worker has ended.
    func leave() {
        let closers = state.withLock { state in
            state.workers -= 1
            return state.workers == 0 ? state.takeClosers() : []
        }
        for closer in closers { closer.resume() }
    }

    /// Refuses all that wait and come, and sends the workers home.
    func close() {
        let (jobs, workers) = state.withLock { state in
            defer {
                state.jobs = []
                state.isClosed = true
            }
            return (state.jobs, state.isClosed ? 0 : state.workers)
        }
        for job in jobs { job.refuse(PostgresError.closed) }
        for _ in 0..<workers { news.signal() }
    }

    func closeAndWait() async {
        close()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.workers > 0 { state.closers.append(continuation) }
                return state.workers == 0
            }
            if isOver { continuation.resume() }
        }
    }

    private func add(_ job: Job) {
        let refusal: (any Error)? = state.withLock { state in
            // Whoever is cancelled from now on finds the job in the line.
            if Task.isCancelled { return CancellationError() }
            if state.isClosed { return PostgresError.closed }
            if state.jobs.count >= capacity { return PostgresError.full }
            state.jobs.append(job)
            return nil
        }
        if let refusal { job.refuse(refusal) } else { news.signal() }
    }

    private func remove(_ number: Int) -> Job? {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.number == number }) else { return nil }
            return state.jobs.remove(at: index)
        }
    }
}

extension WaitingLine.State {
    fileprivate mutating func takeClosers() -> [CheckedContinuation<Void, Never>] {
        defer { closers = [] }
        return closers
    }
}
