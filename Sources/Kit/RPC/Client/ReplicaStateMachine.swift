import Endpoints
import Foundation

/// The state of a replica. It does no I/O.
struct ReplicaStateMachine {
    enum Liveness: Equatable {
        /// It has no calls, and is not checked until it has.
        case idle
        case alive
        /// It has had calls all the time, and has replied to none.
        case silent
    }

    /// The time for the probe of a replica that is left out.
    static let probeTimeout = Duration.seconds(1)
    private static let minResponseTimeout = Duration.milliseconds(250)
    /// So many calls in a row may time out.
    static let toleratedTimeouts = 3
    /// The seconds after which a measurement counts a third (as of Finagle's “peak EWMA”): a replica that was slow is called
    /// again in the end, however few calls there are.
    private static let decayTime = 2.0
    /// The time after which the last measurement says nothing of the next one.
    static let trialInterval = Duration.seconds(1)

    enum Membership: Equatable {
        case inUse
        /// It is not called while there is another one, and is probed.
        case leftOut
        /// It is not called any more; its calls in flight go on.
        case retired
        case closed
    }

    private(set) var membership: Membership
    private var isWatched = false
    private var lastID = 0
    private var inFlight: [Int: Task<Reply, Never>?] = [:]
    private var timeouts = 0
    /// In seconds, as of the last measurement; later replies weigh more.
    private var latency = 0.0
    private var lastMeasured = ContinuousClock.now
    private var lastReply = ContinuousClock.now
    /// In seconds, the time that the last probe has taken, or a call since if that was shorter: the way there and back takes
    /// no longer. A probe alone may have waited for a replica that was frozen.
    private var roundTrip = 0.0

    init(isReady: Bool = true) { membership = isReady ? .inUse : .leftOut }

    /// True if it has been retired and has no calls in flight.
    var isDrained: Bool { membership == .retired && inFlight.isEmpty }

    /// Notes a call before it begins, so that the replica is not closed meanwhile.
    ///
    /// - Returns: the call's number, and whether the replica is to be watched from now on.
    mutating func begin(at now: ContinuousClock.Instant) -> (id: Int, mustWatch: Bool) {
        if inFlight.isEmpty { lastReply = now }
        lastID += 1
        inFlight[lastID] = .some(nil)
        defer { isWatched = true }
        return (lastID, !isWatched)
    }

    /// - Parameter task: that of a call in flight which may be repeated.
    mutating func allowRepetition(of id: Int, _ task: Task<Reply, Never>) { inFlight[id] = .some(task) }

    /// - Returns: true if the replica is to be probed from now on.
    mutating func end(
        _ id: Int, _ reply: Reply, since start: ContinuousClock.Instant, at now: ContinuousClock.Instant
    ) -> Bool {
        inFlight[id] = nil
        let seconds = start.duration(to: now) / .seconds(1)
        guard case .failure(let problem) = reply else {
            record(seconds, at: now)
            return false
        }
        switch problem.kind {
        case .cancelled: return false
        case .notReady: return eject()
        case .unavailable where problem.isOfConnection: return eject()
        case .deadlineExceeded where !problem.isUnprocessed:
            // It is not used as long as others reply sooner.
            measure(max(latency(at: now), seconds), at: now)
            timeouts += 1
            return timeouts >= Self.toleratedTimeouts && eject()
        case .overloaded:
            // A refusal comes soon: it must not make the replica look fast, or it would get all calls.
            record(max(latency, seconds), at: now)
            return false
        default:
            record(seconds, at: now)
            return false
        }
    }

    private mutating func record(_ seconds: Double, at now: ContinuousClock.Instant) {
        timeouts = 0
        roundTrip = min(roundTrip, seconds)
        let isFirst = latency == 0 || lastMeasured.duration(to: now) >= Self.trialInterval
        measure(isFirst ? seconds : latency(at: now) * 0.8 + seconds * 0.2, at: now)
        lastReply = now
    }

    private mutating func measure(_ seconds: Double, at now: ContinuousClock.Instant) {
        latency = seconds
        lastMeasured = now
    }

    private func latency(at now: ContinuousClock.Instant) -> Double {
        latency * exp(-max(0, lastMeasured.duration(to: now) / .seconds(1)) / Self.decayTime)
    }

    /// - Returns: true if it was in use.
    private mutating func eject() -> Bool {
        guard membership == .inUse else { return false }
        membership = .leftOut
        return true
    }

    /// - Returns: true if it was in use.
    mutating func retire() -> Bool {
        guard membership != .closed else { return false }
        defer { membership = .retired }
        return membership == .inUse
    }

    mutating func close() { membership = .closed }

    mutating func checkLiveness(at now: ContinuousClock.Instant) -> Liveness {
        guard !inFlight.isEmpty, membership != .closed else {
            isWatched = false
            return .idle
        }
        return lastReply.duration(to: now) < responseTimeout ? .alive : .silent
    }

    /// A health check has had its reply.
    mutating func recordProbe(since start: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        lastReply = now
        roundTrip = start.duration(to: now) / .seconds(1)
    }

    /// The time without a reply after which a replica that has calls in flight is probed, and the time for that probe: it
    /// may be far away.
    var responseTimeout: Duration { min(max(Self.minResponseTimeout, .seconds(roundTrip * 2)), Self.probeTimeout) }

    /// True if a replica whose replies take so long has the shortest response timeout.
    static func isNear(_ roundTrip: Duration) -> Bool { roundTrip * 2 <= minResponseTimeout }

    /// The replica does not reply to a health check.
    ///
    /// - Returns: its calls that may be repeated, and whether it is to be probed from now on.
    mutating func ejectSilent(at now: ContinuousClock.Instant) -> (tasks: [Task<Reply, Never>], mustProbe: Bool) {
        guard lastReply.duration(to: now) >= responseTimeout else { return ([], false) }
        return (inFlight.values.compactMap(\.self), eject())
    }

    /// It has passed a probe: it begins anew.
    ///
    /// - Returns: true if it was left out.
    mutating func readmit(at now: ContinuousClock.Instant) -> Bool {
        guard membership == .leftOut else { return false }
        membership = .inUse
        timeouts = 0
        lastReply = now
        return true
    }

    /// A call is tried if it has time enough even if the replica is still as slow as it was.
    func isTrialDue(by deadline: ContinuousClock.Instant, at now: ContinuousClock.Instant) -> Bool {
        inFlight.isEmpty && lastMeasured.duration(to: now) >= Self.trialInterval
            && now + .seconds(latency * 2) < deadline
    }

    func load(at now: ContinuousClock.Instant) -> Double {
        Double(inFlight.count + 1) * (latency(at: now) + 0.001)
    }
}
