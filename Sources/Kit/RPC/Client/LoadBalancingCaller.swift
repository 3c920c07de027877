public import Endpoints
import Metrics
import Synchronization

/// Calls the replicas of a service: of two that are picked at random, the one that has less to do and replies sooner. One
/// that was slow, and so is not called, is tried again every second by one call in two hundred at the most.
///
/// A replica that cannot be reached, is silent, or lets calls time out one after the other is left out until it passes
/// a health check. While none is in use calls wait for one, for half a second after the last was lost, and are then sent
/// to any. A call goes on to another replica, within its time, if it has not been sent; within a budget, and after a
/// random pause, if a replica has certainly not begun it, or has been lost and the call may be repeated. While more than
/// half of an endpoint's calls are refused as overload, some of them fail without being sent.
public final class LoadBalancingCaller: Caller {
    private let replicas: Mutex<[BalancedReplica]>
    private let availability: Availability
    private let budget = Mutex(RetryBudget())
    private let trials = Mutex(TrialBudget())
    private let throttle = CallThrottle()
    /// That of all replicas, for traces.
    public let transport: Transport

    private static let retries = "rpc_client_retries_total"

    private static let throttled = "rpc_client_throttled_total"

    /// The names of the metrics, each with a sentence about it.
    public static let help = [
        retries: "Calls that went on to another replica, by the service that is called.",
        throttled: "Calls that were not sent because most like them were refused, by the service that is called.",
    ]

    /// The number of replicas to which one call may be sent.
    private static let maxAttempts = 3
    private static let pause = Duration.milliseconds(10)
    /// Two replicas whose loads differ by less are called alike: their latencies are never the same.
    private static let tolerance = 1.5

    /// - Parameter replicas: one at least. The transport is that of the first.
    public init(_ replicas: [any Caller]) {
        precondition(!replicas.isEmpty, "A service has one replica at least.")
        let availability = Availability()
        self.availability = availability
        self.replicas = Mutex(replicas.map { BalancedReplica($0, isReady: true, availability) })
        transport = replicas[0].transport
    }

    /// Replicas that come and go. Until ``limitWaiting()`` calls wait for the first.
    ///
    /// - Parameter lost: called when a replica has gone out of use.
    package init(transport: Transport, lost: @escaping @Sendable () -> Void) {
        self.transport = transport
        replicas = Mutex([])
        availability = Availability(lost: lost)
    }

    /// Adds a replica. It is called once it has passed a health check.
    package func add(_ caller: any Caller) -> BalancedReplica {
        let replica = BalancedReplica(caller, isReady: false, availability)
        replicas.withLock { $0.append(replica) }
        replica.start()
        return replica
    }

    /// The replica gets no more calls, and is closed when those in flight have ended.
    package func remove(_ replica: BalancedReplica) async {
        await replica.retire()
        replicas.withLock { $0.removeAll { $0 === replica } }
    }

    /// It is known which replicas there are: calls wait for them half a second longer, and then fail.
    package func limitWaiting() { availability.limitWaiting() }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        guard throttle.admits(call) else {
            count(Self.throttled, call)
            return .failure(.overloaded("Too many calls of this endpoint were refused lately; this one was not sent."))
        }
        let reply = await callReplicas(call, endpoint)
        throttle.record(reply, to: call)
        return reply
    }

    private func callReplicas(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        budget.withLock { $0.deposit() }
        trials.withLock { $0.deposit() }
        let deadline = call.received + (call.timeout ?? endpoint.deadline)
        var tried: [BalancedReplica] = []
        var attempts = 0
        var reply = Reply.failure(.notConnected)
        while let replica = await choose(besides: tried, by: deadline) {
            if attempts > 0 {
                guard await pause(before: attempts, by: deadline) else { return reply }
            }
            if !tried.isEmpty { count(Self.retries, call) }
            tried.append(replica)
            reply = await replica.call(call, endpoint)
            guard case .failure(let problem) = reply, mayRepeat(problem, endpoint), !Task.isCancelled else {
                return reply
            }
            // One that it could not be sent to has cost nothing.
            if !problem.isOfConnection || !problem.isUnprocessed { attempts += 1 }
            guard attempts < Self.maxAttempts else { return reply }
        }
        return reply
    }

    private func mayRepeat(_ problem: Problem, _ endpoint: EndpointDescriptor) -> Bool {
        switch problem.kind {
        case .cancelled, .deadlineExceeded: false
        case .unavailable: problem.isUnprocessed || endpoint.isIdempotent
        default: problem.isUnprocessed
        }
    }

    /// Waits for a random time (“full jitter”), so that those who all have lost one replica do not come to another at
    /// once.
    ///
    /// - Returns: false if the budget or the call's time is over.
    private func pause(before attempt: Int, by deadline: ContinuousClock.Instant) async -> Bool {
        let pause = Self.pause * attempt * Double.random(in: 0..<1)
        guard .now + pause < deadline, budget.withLock({ $0.withdraw() }) else { return false }
        try? await Task.sleep(for: pause)
        return !Task.isCancelled
    }

    /// A replica that is in use; after a while without any, one that is left out.
    ///
    /// - Returns: `nil` if none is left.
    private func choose(
        besides tried: [BalancedReplica], by deadline: ContinuousClock.Instant
    ) async -> BalancedReplica? {
        if let replica = better(besides: tried, by: deadline) { return replica }
        while availability.count == 0, await availability.untilOneIsInUse(by: deadline) {
            // One that was tried may be back.
            if let replica = better(besides: [], by: deadline) { return replica }
        }
        // Others may have come meanwhile.
        return better(besides: tried, by: deadline) ?? others(besides: tried).randomElement()
    }

    private func others(besides tried: [BalancedReplica]) -> [BalancedReplica] {
        replicas.withLock(\.self).filter { replica in !tried.contains { $0 === replica } }
    }

    /// Of those in use, the better of two that are picked at random (Mitzenmacher, “The power of two choices”); now and then
    /// the other one, if it was slow and is not called any more.
    private func better(
        besides tried: [BalancedReplica], by deadline: ContinuousClock.Instant
    ) -> BalancedReplica? {
        var inUse = others(besides: tried).filter(\.isInUse)
        guard let place = inUse.indices.randomElement() else { return nil }
        let first = inUse.remove(at: place)
        guard let second = inUse.randomElement() else { return first }
        let isFirstBetter = first.load <= second.load * Self.tolerance
        let (better, other) = isFirstBetter ? (first, second) : (second, first)
        return other.isTrialDue(by: deadline) && trials.withLock({ $0.withdraw() }) ? other : better
    }

    private func count(_ label: String, _ call: Call) {
        let service = call.endpoint.prefix { $0 != "." }
        Counter(label: label, dimensions: [("service", String(service))]).increment()
    }

    /// True if any of them can be reached.
    public var isConnected: Bool {
        get async {
            for replica in replicas.withLock(\.self) where await replica.caller.isConnected { return true }
            return false
        }
    }

    public func close() async {
        for replica in replicas.withLock(\.self) { await replica.close() }
    }
}
