import Synchronization

/// The last failure to connect. For a while after it all fail at once, so that nobody waits in line for a database that
/// is away; then one tries again.
final class CircuitBreaker: Sendable {
    private struct State {
        var error: PostgresError
        var until: ContinuousClock.Instant
    }

    private let pause: Duration
    private let state = Mutex<State?>(nil)

    init(pause: Duration) {
        self.pause = pause
    }

    func begin(_ error: PostgresError) {
        state.withLock { $0 = State(error: error, until: .now + pause) }
    }

    func end() {
        state.withLock { $0 = nil }
    }

    /// - Throws: the failure, while it is fresh.
    func check() throws(PostgresError) {
        let error = state.withLock { state in state.flatMap { $0.until > .now ? $0.error : nil } }
        if let error { throw error }
    }
}
