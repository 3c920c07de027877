import Dispatch

/// An executor for a service that owns no sockets: in tests, or where it is only called in its own process.
public final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    public init(name: String) {
        queue = DispatchQueue(label: name)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
