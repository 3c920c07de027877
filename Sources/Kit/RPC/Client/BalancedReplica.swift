import Background
import Endpoints
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
