public import Endpoints
import Metrics
import Synchronization

/// Calls the replicas of a service: of two that are picked at random, the one that has less to do and answers sooner.
///
/// A replica that cannot be reached, is silent, or lets calls time out one after the other is left out until it answers
/// a health check; the last one never is. A call that one of them has certainly not begun goes on to another, within
/// its time and a budget, after a random pause; so does one that may be repeated and whose replica is lost.
public final class ReplicaCaller: Caller {
    private let replicas: [BalancedReplica]
    private let budget = Mutex(RetryBudget())

    private static let retries = "rpc_client_retries_total"

    /// The names of the metrics, each with a sentence about it.
    public static let help = [retries: "Calls that went on to another replica, by the service that is called."]

    /// The number of replicas that one call may try.
    private static let maxAttempts = 3
    private static let pause = Duration.milliseconds(10)
    /// Two replicas whose loads differ by less are called alike: their latencies are never the same.
    private static let tolerance = 1.5

    /// - Parameter replicas: one at least.
    public init(_ replicas: [any Caller]) {
        precondition(!replicas.isEmpty, "A service has one replica at least.")
        let inUse = InUseCount(replicas.count)
        self.replicas = replicas.map { BalancedReplica($0, inUse: inUse) }
    }

    public func call(_ call: Call, _ endpoint: EndpointDescription) async -> Reply {
        budget.withLock { $0.noteCall() }
        var asked: [BalancedReplica] = []
        while true {
            let replica = choose(besides: asked)
            asked.append(replica)
            let reply = await replica.call(call, endpoint)
            guard case .failure(let problem) = reply, mayRepeat(problem, endpoint), !Task.isCancelled,
                asked.count < min(replicas.count, Self.maxAttempts), await pause(before: asked.count, call, endpoint)
            else { return reply }
            count(Self.retries, call)
        }
    }

    private func mayRepeat(_ problem: Problem, _ endpoint: EndpointDescription) -> Bool {
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
    private func pause(before attempt: Int, _ call: Call, _ endpoint: EndpointDescription) async -> Bool {
        let pause = Self.pause * attempt * Double.random(in: 0..<1)
        let deadline = call.received + (call.timeout ?? endpoint.deadline)
        guard .now + pause < deadline, budget.withLock({ $0.take() }) else { return false }
        try? await Task.sleep(for: pause)
        return !Task.isCancelled
    }

    /// Two are picked at random (Mitzenmacher, “The power of two choices”) of those that are in use, or of all if none
    /// is.
    private func choose(besides asked: [BalancedReplica]) -> BalancedReplica {
        let others = replicas.filter { replica in !asked.contains { $0 === replica } }
        let inUse = others.filter { !$0.isEjected }
        var choice = inUse.isEmpty ? others : inUse
        let first = choice.remove(at: Int.random(in: choice.indices))
        guard let second = choice.randomElement() else { return first }
        return first.load <= second.load * Self.tolerance ? first : second
    }

    private func count(_ label: String, _ call: Call) {
        let service = call.endpoint.prefix { $0 != "." }
        Counter(label: label, dimensions: [("service", String(service))]).increment()
    }

    /// That of the first replica.
    public var transport: Transport { replicas[0].caller.transport }

    /// True if any of them can be reached.
    public var isConnected: Bool {
        get async {
            for replica in replicas where await replica.caller.isConnected { return true }
            return false
        }
    }

    public func close() async {
        for replica in replicas { await replica.close() }
    }
}

/// Bounds retries to a tenth of the calls and three a second, so that they do not add to an overload (as Finagle's
/// budget).
struct RetryBudget {
    static let share = 0.1
    static let perSecond = 3.0
    /// The most that may be saved up, as of a thousand calls: a replica that fails takes all its calls in flight with
    /// it.
    static let most = 100.0

    private var tokens = most
    private var last = ContinuousClock.now

    mutating func noteCall() { tokens = min(Self.most, tokens + Self.share) }

    /// - Returns: whether there may be one more retry.
    mutating func take(at now: ContinuousClock.Instant = .now) -> Bool {
        tokens = min(Self.most, tokens + last.duration(to: now) / .seconds(1) * Self.perSecond)
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
