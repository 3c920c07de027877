import Endpoints
import Synchronization

/// Refuses calls before they are sent that would most likely be refused where they go (“client-side throttling” in Google's
/// “Site Reliability Engineering”, chapter 21): it costs a service time to refuse a call, which it then lacks for others.
///
/// Each endpoint is judged by its own calls, so that one which is overloaded takes nothing from the others.
final class CallThrottle: Sendable {
    /// The endpoints of which calls were refused lately.
    private let endpoints = Mutex<[String: RefusalHistory]>([:])
    /// False if there are none: a call then costs two atomic loads.
    private let isNeeded = Atomic(false)

    /// - Returns: false if the call should be refused. The kit's own, such as checks of health, never are.
    func admits(_ call: Call) -> Bool {
        guard isNeeded.load(ordering: .relaxed), !call.isInternal else { return true }
        let now = ContinuousClock.now
        return endpoints.withLock { endpoints in
            let chance = endpoints[call.endpoint]?.chance(at: now) ?? 0
            guard chance > 0, Double.random(in: 0..<1) < chance else { return true }
            endpoints[call.endpoint]?.record(isRefused: true, at: now)
            return false
        }
    }

    /// Counts the last reply to a call that was sent. A call that is lost or late says nothing of refusals.
    func record(_ reply: Reply, to call: Call) {
        let isRefused: Bool
        switch reply {
        case .failure(let problem) where problem.kind == .overloaded && problem.isUnprocessed: isRefused = true
        case .failure(let problem)
        where [.cancelled, .deadlineExceeded, .unavailable, .notReady].contains(problem.kind): return
        default: isRefused = false
        }
        guard isRefused || isNeeded.load(ordering: .relaxed), !call.isInternal else { return }
        let now = ContinuousClock.now
        endpoints.withLock { endpoints in
            guard isRefused || endpoints[call.endpoint] != nil else { return }
            endpoints[call.endpoint, default: RefusalHistory(at: now)].record(isRefused: isRefused, at: now)
            if !isRefused, endpoints[call.endpoint]?.hasRefusals == false { endpoints[call.endpoint] = nil }
            isNeeded.store(!endpoints.isEmpty, ordering: .relaxed)
        }
    }
}

/// The number of calls of an endpoint that have ended in the last one to two seconds, and of those that were refused, there or
/// here. The time is short, so that a service which has refused calls gets all of them again within two seconds.
struct RefusalHistory {
    /// Half of the time.
    private static let period = Duration.seconds(1)
    /// The calls below which all are sent: to refuse them costs the service next to nothing.
    static let minCalls = 100
    /// The calls that are sent for each that is accepted (“K”): it is found out when more can be.
    private static let ratio = 2
    /// The highest probability: a tenth of the calls is sent even if all are refused.
    static let maxProbability = 0.9

    private var (calls, refused) = (0, 0)
    /// Those of the period before.
    private var (callsBefore, refusedBefore) = (0, 0)
    private var start: ContinuousClock.Instant

    init(at now: ContinuousClock.Instant) { start = now }

    var hasRefusals: Bool { refused + refusedBefore > 0 }

    mutating func record(isRefused: Bool, at now: ContinuousClock.Instant) {
        advance(to: now)
        calls += 1
        if isRefused { refused += 1 }
    }

    /// - Returns: the probability with which one more call is to be refused, in 0...0.9.
    mutating func chance(at now: ContinuousClock.Instant) -> Double {
        advance(to: now)
        let calls = calls + callsBefore
        let excess = calls - Self.ratio * (calls - refused - refusedBefore)
        guard calls >= Self.minCalls, excess > 0 else { return 0 }
        return min(Self.maxProbability, Double(excess) / Double(calls + 1))
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        let time = start.duration(to: now)
        guard time >= Self.period else { return }
        (callsBefore, refusedBefore) = time < Self.period * 2 ? (calls, refused) : (0, 0)
        (calls, refused) = (0, 0)
        start = now
    }
}
