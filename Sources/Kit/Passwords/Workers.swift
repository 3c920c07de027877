import Dispatch
import Foundation
import Synchronization

/// A few threads for long work, one piece after another on each. The system gives them what the rest of the process leaves
/// over, so that they slow no call down. They end with this object, when what was asked for is done.
final class Workers: Sendable {
    private typealias Job = @Sendable () -> Void

    /// Outlives the object, until its threads have seen that it is gone.
    private final class Desk: Sendable {
        private let jobs = Mutex<[Job]>([])
        private let signal = DispatchSemaphore(value: 0)

        func put(_ job: @escaping Job) {
            jobs.withLock { $0.append(job) }
            signal.signal()
        }

        /// Wakes a worker for nothing: it ends.
        func dismiss() { signal.signal() }

        /// - Returns: `nil` where it is dismissed.
        func take() -> Job? {
            signal.wait()
            return jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }
    }

    private let desk = Desk()
    private let count: Int

    /// Linux' "nice": of two threads that want a processor, this one gets a tenth of it.
    private static let nice: Int32 = 10

    init(_ count: Int, name: String) {
        self.count = count
        for _ in 0..<count {
            let thread = Thread { [desk] in
                // Told before the thread runs, the name would not come to the system.
                Thread.current.name = name
                // On Linux it speaks of the calling thread alone.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.nice)
                while let job = desk.take() { job() }
            }
            thread.start()
        }
    }

    deinit {
        for _ in 0..<count { desk.dismiss() }
    }

    /// Does it as soon as a thread is free, in the order of asking.
    func run(_ job: @escaping @Sendable () -> Void) {
        desk.put(job)
    }
}
