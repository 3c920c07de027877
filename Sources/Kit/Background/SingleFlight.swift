import Synchronization

/// One piece of work whose result many wait for, each of whom may stop waiting at any time.
package final class SingleFlight<Value: Sendable>: Sendable {
    private enum State {
        /// Those who wait, by their tickets.
        case waiting([UInt64: CheckedContinuation<Value?, Never>])
        case done(Value)
    }

    private let state = Mutex(State.waiting([:]))
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
            guard case .waiting(let waiting) = state else { return [UInt64: CheckedContinuation<Value?, Never>]() }
            state = .done(value)
            return waiting
        }
        for continuation in waiting.values { continuation.resume(returning: value) }
    }

    /// - Returns: what need not be waited for; `nil` if the continuation waits now.
    private func enter(_ continuation: CheckedContinuation<Value?, Never>, _ ticket: UInt64) -> Value?? {
        state.withLock { state in
            switch state {
            case .done(let value): return .some(value)
            case .waiting where Task.isCancelled: return .some(nil)
            case .waiting(var waiting):
                waiting[ticket] = continuation
                state = .waiting(waiting)
                return nil
            }
        }
    }

    private func leave(_ ticket: UInt64) -> CheckedContinuation<Value?, Never>? {
        state.withLock { state in
            guard case .waiting(var waiting) = state else { return nil }
            defer { state = .waiting(waiting) }
            return waiting.removeValue(forKey: ticket)
        }
    }
}
