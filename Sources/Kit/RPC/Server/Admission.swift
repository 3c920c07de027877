import Endpoints
import Synchronization

/// Bounds the calls in flight. What comes above the bound is refused at once, before anything is decoded.
final class Admission: Sendable {
    private let limit: Int
    private let inFlight = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Every call that has entered must ``leave()``.
    func enter() throws(Problem) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= limit else {
            leave()
            throw Problem(
                .overloaded, "More than \(limit) calls are in flight.", retryAfter: .milliseconds(100),
                isUnprocessed: true)
        }
    }

    func leave() {
        inFlight.subtract(1, ordering: .relaxed)
    }
}
