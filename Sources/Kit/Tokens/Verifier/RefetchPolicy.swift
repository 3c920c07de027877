import Background
import Foundation

/// Says when keys may be fetched: one fetch at a time, and after one that a token has asked for, none for a while, because
/// anybody can make up tokens that ask for one.
struct RefetchPolicy {
    enum Decision {
        /// Begin a fetch, and complete the flight when it is over.
        case begin(SingleFlight<Void>)
        /// One is under way: wait for it.
        case join(SingleFlight<Void>)
        /// The last one was too short a while ago.
        case refuse
    }

    private enum State {
        case idle(last: Date?)
        case fetching(SingleFlight<Void>, since: Date)
    }

    /// Seconds from the begin of one fetch to that of the next.
    static let pause: TimeInterval = 10

    private var state = State.idle(last: nil)

    /// Asks for a fetch. If it is urgent, as before the first keys have come, the pause does not matter.
    mutating func request(at now: Date, isUrgent: Bool) -> Decision {
        switch state {
        case .fetching(let flight, _): return .join(flight)
        // A wall clock that was put back must not stop fetches until it has caught up.
        case .idle(let last?) where !isUrgent && abs(now.timeIntervalSince(last)) < Self.pause: return .refuse
        case .idle:
            let flight = SingleFlight<Void>()
            state = .fetching(flight, since: now)
            return .begin(flight)
        }
    }

    mutating func end() {
        guard case .fetching(_, let since) = state else { return }
        state = .idle(last: since)
    }
}
