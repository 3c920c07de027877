import Synchronization

/// One piece of work whose result many wait for, each of whom may stop waiting at any time.
package final class SingleFlight<Value: Sendable>: Sendable {
    private struct State {
        /// Those who wait, by their tickets.
        var waiting: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var result: Value?
    }

    private let state = Mutex(State())
    private let tickets = Atomic<UInt64>(0)

    /// Work that somebody else does, and says when it is done: ``complete(with:)``.
    package init() {}

    /// Begins the work, as part of the trace of the task that comes first. It goes on if that task is cancelled.
    package convenience init(_ work: @escaping @Sendable () async -> Value) {
        self.init()
        Task { self.complete(with: await work()) }
    }

    /// Waits for the result of the work.
    ///
    /// - Returns: `nil` if the task is cancelled before.
    package func value() async -> Value? {
        let ticket = tickets.add(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let result = enter(continuation, ticket) { continuation.resume(returning: result) }
            }
        } onCancel: {
            leave(ticket)?.resume(returning: nil)
        }
    }

    /// The work is done: its result is for all who wait, and who come later.
    package func complete(with value: Value) {
        let waiting = state.withLock { state in
            if state.result == nil { state.result = value }
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(returning: value) }
    }

    /// - Returns: what need not be waited for; `nil` if the continuation waits now.
    private func enter(_ continuation: CheckedContinuation<Value?, Never>, _ ticket: UInt64) -> Value?? {
        state.withLock { state in
            if let result = state.result { return .some(result) }
            if Task.isCancelled { return .some(nil) }
            state.waiting[ticket] = continuation
            return nil
        }
    }

    private func leave(_ ticket: UInt64) -> CheckedContinuation<Value?, Never>? {
        state.withLock { $0.waiting.removeValue(forKey: ticket) }
    }
}
