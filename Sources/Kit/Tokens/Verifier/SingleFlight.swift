import Synchronization

/// One piece of work that many wait for, each of whom may stop waiting at any time.
final class SingleFlight: Sendable {
    /// Those who wait, by their tickets; `nil` once the work is done.
    private let waiting = Mutex<[UInt64: CheckedContinuation<Void, Never>]?>([:])
    private let tickets = Atomic<UInt64>(0)

    /// Returns when the work is done, or the task is cancelled.
    func wait() async {
        let ticket = tickets.add(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = waiting.withLock { waiting in
                    guard waiting != nil, !Task.isCancelled else { return false }
                    waiting?[ticket] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            waiting.withLock { $0?.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// The work is done: lets everybody go who waits, and who comes later.
    func complete() {
        let all = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        for continuation in (all ?? [:]).values { continuation.resume() }
    }
}
