import Synchronization

/// Brings a cancellation to a call that may not have started yet.
final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var call: RunningCall?
    }

    private let state = Mutex(State())

    func attach(_ call: RunningCall) {
        let isCancelled = state.withLock { state in
            state.call = call
            return state.isCancelled
        }
        if isCancelled { call.cancel() }
    }

    func cancel() {
        let call = state.withLock { state in
            state.isCancelled = true
            return state.call
        }
        call?.cancel()
    }
}
