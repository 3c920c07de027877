import Endpoints
import Foundation
import RPCTesting
import Synchronization
import Testing
import Waiting

@testable import RPC

@Suite("The balancer", .timeLimit(.minutes(1)))
struct BalancerTests {
    /// A replica that answers after a while, or not at all, and can be frozen.
    private final class Fake: Caller {
        private let delay: Duration
        /// The time that messages to it and from it are under way.
        private let roundTrip: Duration
        private let isFrozen = Mutex(false)
        private let calls = Atomic(0)

        init(after delay: Duration = .zero, roundTrip: Duration = .zero) {
            self.delay = delay
            self.roundTrip = roundTrip
        }

        var isConnected: Bool { true }
        var timesCalled: Int { calls.load(ordering: .relaxed) }

        func freeze(_ frozen: Bool = true) { isFrozen.withLock { $0 = frozen } }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            if !call.isInternal { calls.add(1, ordering: .relaxed) }
            let deadline = call.received + (call.timeout ?? endpoint.deadline)
            do {
                let end = call.received + roundTrip + (call.isInternal ? .zero : delay)
                if isFrozen.withLock(\.self) || end > deadline {
                    try await Task.sleep(until: deadline, clock: .continuous)
                    return .failure(.deadlineExceeded)
                }
                try await Task.sleep(until: end, clock: .continuous)
                return .success(status: 200, body: Data())
            } catch {
                return .failure(.cancelled)
            }
        }

        func close() {}
    }

    /// A replica that has been frozen while the first check of its health waited.
    private final class Thawing: Caller {
        let checks = Atomic(0)

        var isConnected: Bool { true }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            let isFirst = checks.add(1, ordering: .relaxed).newValue == 1
            if isFirst { try? await Task.sleep(for: .milliseconds(200)) }
            return .success(status: 200, body: Data())
        }

        func close() {}
    }

    private static func endpoint(isIdempotent: Bool) -> EndpointDescriptor {
        Endpoint<Empty, Empty>(
            "pour", .post, "/pour", access: .open, idempotent: isIdempotent, deadline: .seconds(20),
            summary: "Made for tests."
        ).description
    }

    private func statuses(_ caller: LoadBalancingCaller, calls: Int, isIdempotent: Bool = true) async -> [Int] {
        let endpoint = Self.endpoint(isIdempotent: isIdempotent)
        return await withTaskGroup { group in
            for _ in 0..<calls { group.addTask { await caller.call(Call("tea.pour"), endpoint).status } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("calls a slow replica rarely")
    func slow() async {
        let replicas = [Fake(after: .milliseconds(300)), Fake(after: .milliseconds(1)), Fake(after: .milliseconds(1))]
        let caller = LoadBalancingCaller(replicas)
        _ = await statuses(caller, calls: 6)
        for _ in 1...100 { _ = await statuses(caller, calls: 1) }
        #expect(replicas[0].timesCalled < 20)
    }

    @Test("notices a frozen replica, repeats its calls elsewhere, and comes back when it answers")
    func frozen() async throws {
        let replicas = [Fake(after: .milliseconds(1)), Fake(after: .milliseconds(1))]
        let caller = LoadBalancingCaller(replicas)
        #expect(await statuses(caller, calls: 20).allSatisfy { $0 == 200 })
        replicas[0].freeze()
        let start = ContinuousClock.now
        #expect(await statuses(caller, calls: 10).allSatisfy { $0 == 200 })
        #expect(start.duration(to: .now) < .seconds(10))
        let before = replicas[0].timesCalled
        #expect(await statuses(caller, calls: 20).allSatisfy { $0 == 200 })
        #expect(replicas[0].timesCalled == before)
        replicas[0].freeze(false)
        try await eventually("the replica is called again", pause: .zero) {
            _ = await statuses(caller, calls: 1)
            return replicas[0].timesCalled > before
        }
    }

    @Test("calls a replica far away again once it is back, and gives it the time that the way takes")
    func farAway() async throws {
        let replicas = (1...2).map { _ in Fake(after: .milliseconds(1), roundTrip: .milliseconds(300)) }
        let caller = LoadBalancingCaller(replicas)
        replicas[0].freeze()
        try await eventually("the replica is called", pause: .zero) {
            _ = await statuses(caller, calls: 1)
            return replicas[0].timesCalled > 0
        }
        let before = replicas[0].timesCalled
        replicas[0].freeze(false)
        try await eventually("the replica is called again", pause: .zero) {
            _ = await statuses(caller, calls: 1)
            return replicas[0].timesCalled > before
        }

        var state = ReplicaStateMachine()
        let now = ContinuousClock.now
        #expect(state.responseTimeout == .milliseconds(250))
        state.recordProbe(since: now, at: now + .milliseconds(300))
        #expect(state.responseTimeout == .milliseconds(600))
        state.recordProbe(since: now, at: now + .seconds(3))
        #expect(state.responseTimeout == .seconds(1))
    }

    @Test("checks a replica again that was slow to reply, before it takes it for far away")
    func thawed() async throws {
        let caller = LoadBalancingCaller(transport: .inProcess) {}
        let thawing = Thawing()
        let replica = caller.add(thawing)
        try await eventually { replica.isInUse }
        #expect(thawing.checks.load(ordering: .relaxed) == 2)
    }

    @Test("gives the calls of a frozen replica their time if it lives, and if they may not be repeated")
    func patient() async {
        let slow = LoadBalancingCaller([Fake(after: .milliseconds(700)), Fake(after: .milliseconds(700))])
        #expect(await statuses(slow, calls: 4) == [200, 200, 200, 200])
        let replicas = [Fake(), Fake()]
        for replica in replicas { replica.freeze() }
        let caller = LoadBalancingCaller(replicas)
        let endpoint = Self.endpoint(isIdempotent: false)
        let reply = await caller.call(Call("tea.pour", timeout: .milliseconds(800)), endpoint)
        #expect(reply.problem?.kind == .deadlineExceeded)
        #expect(replicas.map(\.timesCalled).reduce(0, +) == 1)
    }

    @Test("forgets within seconds that a replica was slow once")
    func slowOnce() {
        var (slow, fast) = (ReplicaStateMachine(), ReplicaStateMachine())
        let start = ContinuousClock.now
        func reply(_ state: inout ReplicaStateMachine, after latency: Duration, at now: ContinuousClock.Instant) {
            let (id, _) = state.begin(at: now)
            _ = state.end(id, .success(status: 200, body: Data()), since: now, at: now + latency)
        }
        for second in 0..<15 {
            let now = start + .seconds(second)
            reply(&fast, after: .milliseconds(1), at: now)
            if second < 5 { reply(&slow, after: .milliseconds(second == 4 ? 500 : 1), at: now) }
            if second == 5 { #expect(slow.load(at: now) > fast.load(at: now) * 10) }
        }
        var now = start + .seconds(18)
        #expect(slow.load(at: now) < fast.load(at: now) * 1.5)
        // One good answer must not bring the old measurement back.
        reply(&slow, after: .milliseconds(1), at: now)
        reply(&fast, after: .milliseconds(1), at: now)
        now = now + .milliseconds(1)
        #expect(slow.load(at: now) < fast.load(at: now) * 1.5)
    }

    @Test("tries a slow replica again after a second, with one call in two hundred, if that has the time")
    func trial() {
        var slow = ReplicaStateMachine()
        func reply(after latency: Duration, at now: ContinuousClock.Instant) {
            let (id, _) = slow.begin(at: now)
            #expect(!slow.isTrialDue(by: now + .seconds(60), at: now))
            _ = slow.end(id, .success(status: 200, body: Data()), since: now, at: now + latency)
        }
        let start = ContinuousClock.now
        reply(after: .milliseconds(500), at: start)
        let due = start + .milliseconds(1500)
        #expect(!slow.isTrialDue(by: due + .seconds(2), at: due - .milliseconds(1)))
        #expect(!slow.isTrialDue(by: due + .seconds(1), at: due))
        #expect(slow.isTrialDue(by: due + .seconds(2), at: due))
        reply(after: .milliseconds(1), at: due)
        #expect(slow.load(at: due) <= 0.002)
        var budget = TrialBudget()
        let trials = (0..<1000).filter { _ in
            budget.deposit()
            return budget.withdraw()
        }
        #expect(trials.count == 5)
    }

    @Test("retries a tenth of the calls and three a second, and what was saved up")
    func budget() {
        var budget = RetryBudget()
        let start = ContinuousClock.now
        var withdrawn = (0..<200).filter { _ in budget.withdraw(at: start) }.count
        #expect(withdrawn == Int(RetryBudget.maxTokens))
        for _ in 1...50 { budget.deposit() }
        withdrawn = (0..<100).filter { _ in budget.withdraw(at: start) }.count
        #expect((4...5).contains(withdrawn))
        withdrawn = (0..<100).filter { _ in budget.withdraw(at: start + .seconds(2)) }.count
        #expect((5...7).contains(withdrawn))
    }
}
