import Endpoints
import Synchronization

/// The number of replicas of a service that are not ejected.
final class InUseCount: Sendable {
    private let value: Atomic<Int>

    init(_ count: Int) { value = Atomic(count) }

    var count: Int { value.load(ordering: .relaxed) }

    func add(_ number: Int) { value.add(number, ordering: .relaxed) }
}

/// One replica as a balancer sees it: its calls in flight, how soon it answers, and whether it is left out.
final class BalancedReplica: Sendable {
    let caller: any Caller
    private let inUse: InUseCount
    private let state = Mutex(ReplicaState())

    /// After how long a replica that has calls in flight and does not answer is asked whether it lives, and for how
    /// long.
    static let silence = Duration.milliseconds(250)
    /// The time between two probes of a replica that is ejected.
    static let probeInterval = Duration.milliseconds(50)

    /// - Parameter inUse: counts the service's replicas that are not left out.
    init(_ caller: any Caller, inUse: InUseCount) {
        self.caller = caller
        self.inUse = inUse
    }

    var isEjected: Bool { state.withLock { $0.isEjected } }

    /// The time that one more call may take, as far as that can be guessed.
    var load: Double { state.withLock { $0.load(at: .now) } }

    func call(_ call: Call, _ endpoint: EndpointDescription) async -> Reply {
        let start = ContinuousClock.now
        let task = Task.immediate { await self.caller.call(call, endpoint) }
        let (id, mustWatch) = state.withLock { $0.begin(endpoint.isIdempotent ? task : nil, at: start) }
        if mustWatch { watch() }
        var reply = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        // It was cancelled because its replica is silent.
        if case .failure(let problem) = reply, problem.kind == .cancelled, !Task.isCancelled { reply = .failure(.lost) }
        let mustProbe = state.withLock { $0.end(id, reply, since: start, at: .now) }
        if mustProbe { leaveOut() }
        return reply
    }

    func close() async {
        state.withLock { $0.isClosed = true }
        await caller.close()
    }

    /// Looks after a while whether the replica has answered, and asks it whether it lives if it has not. One that is
    /// silent is left out, and its calls that may be repeated end.
    private func watch() {
        _ = Deadlines.shared.schedule(at: .now + Self.silence) { [weak self] in
            guard let self else { return }
            switch state.withLock({ $0.look(at: .now) }) {
            case .idle: break
            case .heard: watch()
            case .silent: Task { await self.askWhetherItLives() }
            }
        }
    }

    private func askWhetherItLives() async {
        let call = Call(HealthContract.qualified(HealthContract.live), timeout: Self.silence)
        if case .success = await caller.call(call, HealthContract.live.description) {
            state.withLock { $0.heard(at: .now) }
            return watch()
        }
        // Where there is no other, it is waited for.
        if inUse.count > 1 || isEjected {
            let (tasks, mustProbe) = state.withLock { $0.ejectSilent(at: .now) }
            for task in tasks { task.cancel() }
            if mustProbe { leaveOut() }
        }
        watch()
    }

    /// It is not called any more until it has answered a probe.
    private func leaveOut() {
        inUse.add(-1)
        probe()
    }

    /// Asks the replica again and again whether it is ready, until it is.
    private func probe() {
        let pause = Self.probeInterval * Double.random(in: 0.5...1)
        _ = Deadlines.shared.schedule(at: .now + pause) { [weak self] in
            Task { await self?.probeOnce() }
        }
    }

    private func probeOnce() async {
        guard !state.withLock(\.isClosed) else { return }
        let call = Call(HealthContract.qualified(HealthContract.check), timeout: .milliseconds(200))
        if await caller.isConnected, case .success = await caller.call(call, HealthContract.check.description) {
            state.withLock { $0.readmit(at: .now) }
            inUse.add(1)
        } else {
            probe()
        }
    }
}

extension HealthContract {
    fileprivate static func qualified(_ endpoint: Endpoint<Empty, Health>) -> String {
        name + "." + endpoint.description.name
    }
}

/// The state of a replica. It does no I/O.
struct ReplicaState {
    enum Look: Equatable {
        /// It has no calls, and is not looked at until it has.
        case idle
        case heard
        /// It has had calls all the time, and has answered none.
        case silent
    }

    /// So many calls in a row may time out.
    static let toleratedTimeouts = 3

    private(set) var isEjected = false
    var isClosed = false
    private var isWatched = false
    private var lastID = 0
    private var inFlight: [Int: Task<Reply, Never>?] = [:]
    private var timeouts = 0
    /// In seconds; later answers weigh more.
    private var latency = 0.0
    private var lastHeard = ContinuousClock.now

    /// - Parameter task: that of a call which may be repeated.
    /// - Returns: the call's number, and whether the replica is to be watched from now on.
    mutating func begin(_ task: Task<Reply, Never>?, at now: ContinuousClock.Instant) -> (id: Int, mustWatch: Bool) {
        if inFlight.isEmpty { lastHeard = now }
        lastID += 1
        inFlight[lastID] = .some(task)
        defer { isWatched = true }
        return (lastID, !isWatched)
    }

    /// - Returns: whether the replica is to be probed from now on.
    mutating func end(
        _ id: Int, _ reply: Reply, since start: ContinuousClock.Instant, at now: ContinuousClock.Instant
    ) -> Bool {
        inFlight[id] = nil
        let seconds = start.duration(to: now) / .seconds(1)
        guard case .failure(let problem) = reply else {
            note(seconds, at: now)
            return false
        }
        switch problem.kind {
        case .cancelled: return false
        case .unavailable, .notReady: return eject()
        case .deadlineExceeded where !problem.isUnprocessed:
            // It is not used as long as others answer sooner.
            latency = max(latency, seconds)
            timeouts += 1
            return timeouts >= Self.toleratedTimeouts && eject()
        default:
            note(seconds, at: now)
            return false
        }
    }

    private mutating func note(_ seconds: Double, at now: ContinuousClock.Instant) {
        timeouts = 0
        latency = latency == 0 ? seconds : latency * 0.8 + seconds * 0.2
        lastHeard = now
    }

    /// - Returns: whether it was in use.
    private mutating func eject() -> Bool {
        defer { isEjected = true }
        return !isEjected
    }

    mutating func look(at now: ContinuousClock.Instant) -> Look {
        guard !inFlight.isEmpty, !isClosed else {
            isWatched = false
            return .idle
        }
        return lastHeard.duration(to: now) < BalancedReplica.silence ? .heard : .silent
    }

    mutating func heard(at now: ContinuousClock.Instant) { lastHeard = now }

    /// The replica does not answer a health check.
    ///
    /// - Returns: its calls that may be repeated, and whether it is to be probed from now on.
    mutating func ejectSilent(at now: ContinuousClock.Instant) -> (tasks: [Task<Reply, Never>], mustProbe: Bool) {
        guard lastHeard.duration(to: now) >= BalancedReplica.silence else { return ([], false) }
        return (inFlight.values.compactMap(\.self), eject())
    }

    /// It has answered a probe: it begins anew.
    mutating func readmit(at now: ContinuousClock.Instant) {
        isEjected = false
        timeouts = 0
        lastHeard = now
    }

    /// Old measurements count less and less, so that a replica which was slow is tried again.
    func load(at now: ContinuousClock.Instant) -> Double {
        let age = max(0, lastHeard.duration(to: now) / .seconds(1))
        return Double(inFlight.count + 1) * (latency / (1 + age) + 0.001)
    }
}
