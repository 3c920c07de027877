import Dispatch
import Synchronization

/// Runs what must happen at an instant unless it is cancelled first, as most deadlines are. A transport ends its calls in
/// time with it.
///
/// ```swift
/// let timer = TimerQueue.shared.schedule(at: deadline) { reply(.failure(.deadlineExceeded)) }
/// TimerQueue.shared.cancel(timer)
/// ```
///
/// Instants are rounded up to 5 ms; what is due together runs in the order in which it was scheduled. A timer of the system is
/// set only for the earliest one, so that cancelling costs a look-up and an idle process never wakes.
public final class TimerQueue: Sendable {
    /// The queue of the process.
    public static let shared = TimerQueue()

    /// Identifies a scheduled action, to cancel it.
    public struct TimerHandle: Sendable {
        fileprivate let tick: Int64
        fileprivate let number: UInt64
    }

    private struct State {
        var pending: [Int64: [UInt64: @Sendable () -> Void]] = [:]
        var number: UInt64 = 0
        var armed = Int64.max
    }

    /// In nanoseconds.
    private static let tick: Int64 = 5_000_000
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "deadlines")

    /// - Parameter action: run on a thread of its own at the instant, at the earliest; it must not block.
    public func schedule(
        at instant: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void
    ) -> TimerHandle {
        let tick = (start.duration(to: instant).nanoseconds + Self.tick - 1) / Self.tick
        let (timer, mustArm) = state.withLock { state in
            state.number += 1
            state.pending[tick, default: [:]][state.number] = action
            let mustArm = tick < state.armed
            if mustArm { state.armed = tick }
            return (TimerHandle(tick: tick, number: state.number), mustArm)
        }
        if mustArm { arm(tick) }
        return timer
    }

    /// Cancels an action. What has begun already is not undone.
    public func cancel(_ timer: TimerHandle) {
        state.withLock { state in
            guard var bucket = state.pending.removeValue(forKey: timer.tick) else { return }
            bucket[timer.number] = nil
            if !bucket.isEmpty { state.pending[timer.tick] = bucket }
        }
    }

    private func arm(_ tick: Int64) {
        let wait = max(0, Self.tick * tick - start.duration(to: .now).nanoseconds)
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(wait))) { self.fire(tick) }
    }

    private func fire(_ armed: Int64) {
        let now = start.duration(to: .now).nanoseconds / Self.tick
        let (due, next) = state.withLock { state in
            let ticks = state.pending.keys.filter { $0 <= max(now, armed) }
            let due = ticks.sorted().flatMap { tick in
                state.pending.removeValue(forKey: tick)?.sorted { $0.key < $1.key }.map(\.value) ?? []
            }
            guard armed == state.armed else { return (due, Int64?.none) }
            let next = state.pending.keys.min()
            state.armed = next ?? .max
            return (due, next)
        }
        for action in due { action() }
        if let next { arm(next) }
    }
}
