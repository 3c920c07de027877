import Background
import Endpoints
import Foundation
import Synchronization

/// One replica as a balancer sees it: its calls in flight, how soon it replies, and whether it is left out.
package final class BalancedReplica: Sendable {
    package let caller: any Caller
    private let availability: Availability
    private let state: Mutex<ReplicaStateMachine>

    /// The pauses between the probes of a replica that is left out: of a new one they are shorter at first.
    private static let probeInterval = Duration.milliseconds(50)
    private static let newPauses = Backoff(initial: .milliseconds(5), max: probeInterval)
    private static let probePauses = Backoff(initial: probeInterval, max: probeInterval)

    /// - Parameter isReady: if not, the replica is left out until it passes a probe.
    init(_ caller: any Caller, isReady: Bool, _ availability: Availability) {
        self.caller = caller
        self.availability = availability
        state = Mutex(ReplicaStateMachine(isReady: isReady))
        if isReady { availability.add() }
    }

    /// Begins to probe a replica that is not ready, which the balancer must know by now.
    func start() {
        Task { await probeOnce(Self.newPauses) }
    }

    var isInUse: Bool { state.withLock { $0.membership == .inUse } }

    /// The time that one more call may take, estimated.
    var load: Double { state.withLock { $0.load(at: .now) } }

    /// True if it has not been measured for a while, and a call that ends by the deadline can find out how it is now.
    func isTrialDue(by deadline: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.isTrialDue(by: deadline, at: .now) }
    }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        let start = ContinuousClock.now
        let (id, mustWatch) = state.withLock { $0.begin(at: start) }
        let task = Task.immediate { await self.caller.call(call, endpoint) }
        if endpoint.isIdempotent { state.withLock { $0.allowRepetition(of: id, task) } }
        if mustWatch { watch() }
        var reply = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        // It was cancelled because its replica is silent.
        if case .failure(let problem) = reply, problem.kind == .cancelled, !Task.isCancelled { reply = .failure(.lost) }
        if change({ $0.end(id, reply, since: start, at: .now) }) { probe(Self.probePauses) }
        if state.withLock(\.isDrained) { await close() }
        return reply
    }

    /// It gets no more calls, and is closed when those in flight have ended.
    func retire() async {
        _ = change { $0.retire() }
        if state.withLock(\.isDrained) { await close() }
    }

    func close() async {
        state.withLock { $0.close() }
        await caller.close()
    }

    /// Checks after a while whether the replica has replied, and probes it if it has not. One that is silent is left out, and its
    /// calls that may be repeated end.
    private func watch() {
        _ = TimerQueue.shared.schedule(at: .now + state.withLock(\.responseTimeout)) { [weak self] in
            guard let self else { return }
            switch state.withLock({ $0.checkLiveness(at: .now) }) {
            case .idle: break
            case .alive: watch()
            case .silent: Task { await self.probeLiveness() }
            }
        }
    }

    private func probeLiveness() async {
        let timeout = state.withLock(\.responseTimeout)
        if case .success = await checkHealth(by: HealthContract.live, timeout: timeout) { return watch() }
        // If there is no other, it is waited for.
        if availability.count > 1 || !isInUse {
            var tasks: [Task<Reply, Never>] = []
            let mustProbe = change { state in
                let ejected = state.ejectSilent(at: .now)
                tasks = ejected.tasks
                return ejected.mustProbe
            }
            for task in tasks { task.cancel() }
            if mustProbe { probe(Self.probePauses) }
        }
        watch()
    }

    /// Changes the state. Who sees that the replica is not in use any more sees that it does not count any more.
    ///
    /// - Parameter transition: returns whether the replica has gone out of use.
    private func change(_ transition: (inout ReplicaStateMachine) -> Bool) -> Bool {
        state.withLock { state in
            let hasGone = transition(&state)
            if hasGone { availability.remove() }
            return hasGone
        }
    }

    /// Probes the replica again and again until it is ready.
    private func probe(_ backoff: Backoff) {
        var backoff = backoff
        let pause = backoff.next()
        _ = TimerQueue.shared.schedule(at: .now + pause) { [weak self, backoff] in
            Task { await self?.probeOnce(backoff) }
        }
    }

    /// - Parameter backoff: the pauses until the next probes.
    private func probeOnce(_ backoff: Backoff) async {
        guard state.withLock({ $0.membership == .leftOut }) else { return }
        guard await isReady() else { return probe(backoff) }
        state.withLock { state in
            if state.readmit(at: .now) { availability.add() }
        }
    }

    private func isReady() async -> Bool {
        guard await caller.isConnected else { return false }
        switch await checkHealth(by: HealthContract.check, timeout: ReplicaStateMachine.probeTimeout) {
        case .success: return true
        // A service that has no health checks can be called all the same.
        case .failure(let problem): return [404, 501].contains(problem.status)
        }
    }

    /// Sends a health check, and another one if the reply took long: the first may have waited for a process that was
    /// frozen, and says nothing of the way there and back.
    ///
    /// - Parameter timeout: of each.
    private func checkHealth(by endpoint: Endpoint<Empty, Health>, timeout: Duration) async -> Reply {
        let call = Call(HealthContract.qualified(endpoint), timeout: timeout)
        let first = await send(call, endpoint.description)
        guard case .success = first.reply, !ReplicaStateMachine.isNear(first.time) else { return first.reply }
        return await send(call, endpoint.description).reply
    }

    private func send(_ check: Call, _ endpoint: EndpointDescriptor) async -> (reply: Reply, time: Duration) {
        let start = ContinuousClock.now
        var check = check
        check.received = start
        let reply = await caller.call(check, endpoint)
        if case .success = reply { state.withLock { $0.recordProbe(since: start, at: .now) } }
        return (reply, start.duration(to: .now))
    }
}

extension HealthContract {
    fileprivate static func qualified(_ endpoint: Endpoint<Empty, Health>) -> String {
        name + "." + endpoint.description.name
    }
}

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
        case .unavailable, .notReady: return eject()
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
