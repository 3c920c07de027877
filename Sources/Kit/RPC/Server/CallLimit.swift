package import Endpoints
import Synchronization

/// Bounds the calls in flight: those of the service by what it may hold, those of each endpoint by what ends in time. What
/// comes above is refused at once, before anything is decoded.
final class CallLimit: Sendable {
    private let limit: Int
    private let inFlight = Atomic<Int>(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Every call that has entered must ``leave(_:by:)``.
    func enter(_ endpoint: EndpointLoad) throws(Problem) {
        guard inFlight.add(1, ordering: .relaxed).newValue <= limit else {
            inFlight.subtract(1, ordering: .relaxed)
            throw .overloaded("More than \(limit) calls are in flight.")
        }
        guard endpoint.enter() else {
            inFlight.subtract(1, ordering: .relaxed)
            throw .overloaded("More calls of this endpoint are in flight than end in time.")
        }
    }

    func leave(_ endpoint: EndpointLoad, by deadline: ContinuousClock.Instant) {
        endpoint.leave(by: deadline)
        inFlight.subtract(1, ordering: .relaxed)
    }
}

extension Problem {
    /// A call was refused because there is too much to do; it was not begun.
    package static func overloaded(_ detail: String) -> Problem {
        Problem(.overloaded, detail, retryAfter: .milliseconds(100), isUnprocessed: true)
    }
}
