import Endpoints
import Foundation
import Synchronization
import Testing

@testable import RPC

@Suite("The replicas of a service", .timeLimit(.minutes(1)))
struct ReplicaTests {
    /// Answers every call alike, and counts them.
    private final class Fake: Caller {
        let isConnected: Bool
        private let reply: Reply
        private let asked = Atomic(0)
        private let closed = Atomic(0)

        init(_ reply: Reply, isConnected: Bool = true) {
            self.reply = reply
            self.isConnected = isConnected
        }

        var timesAsked: Int { asked.load(ordering: .relaxed) }
        var timesClosed: Int { closed.load(ordering: .relaxed) }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            asked.add(1, ordering: .relaxed)
            return reply
        }

        func close() { closed.add(1, ordering: .relaxed) }

        static func good() -> Fake { Fake(.success(status: 200, body: Data())) }
        static func down(isUnprocessed: Bool = true) -> Fake {
            Fake(.failure(isUnprocessed ? .notConnected : .lost), isConnected: false)
        }
    }

    @Test("are in use as long as they reply, be it that a service behind them is down")
    func outageBehind() async {
        var replica = ReplicaStateMachine()
        let now = ContinuousClock.now
        let outage = Problem(.unavailable, "There is no connection to the store.", isUnprocessed: true)
        func end(_ reply: Reply) -> ReplicaStateMachine.Membership {
            _ = replica.end(replica.begin(at: now).id, reply, since: now, at: now)
            return replica.membership
        }
        #expect(end(.failure(outage)) == .inUse)
        #expect(end(.failure(.notConnected)) == .leftOut)
        // A refusal costs something: each of them counts as an attempt.
        let replicas = (0..<20).map { _ in Fake(.failure(outage)) }
        #expect(await call(LoadBalancingCaller(replicas)) == 503)
        #expect(replicas.map(\.timesAsked).reduce(0, +) <= 3)
    }

    @Test("do not look fast because they refuse calls at once")
    func refusals() {
        var replica = ReplicaStateMachine()
        var now = ContinuousClock.now
        func call(_ time: Duration, _ reply: Reply) {
            let (id, start) = (replica.begin(at: now).id, now)
            now += time
            _ = replica.end(id, reply, since: start, at: now)
        }
        call(.milliseconds(10), .success(status: 200, body: Data()))
        let load = replica.load(at: now)
        for _ in 0..<100 { call(.milliseconds(1), .failure(.overloaded("Too much."))) }
        #expect(replica.load(at: now) > load * 0.9)
    }

    @Test("is not taken for far away because a probe has waited for it while it was frozen")
    func heldUpProbe() {
        var replica = ReplicaStateMachine()
        let now = ContinuousClock.now
        replica.recordProbe(since: now, at: now + .milliseconds(900))
        #expect(replica.responseTimeout == .seconds(1))
        _ = replica.end(
            replica.begin(at: now).id, .success(status: 200, body: Data()), since: now, at: now + .milliseconds(300))
        #expect(replica.responseTimeout == .milliseconds(600))
        _ = replica.end(
            replica.begin(at: now).id, .success(status: 200, body: Data()), since: now, at: now + .milliseconds(3))
        #expect(replica.responseTimeout == .milliseconds(250))
    }

    private func call(
        _ caller: LoadBalancingCaller, isIdempotent: Bool = false, timeout: Duration? = nil
    ) async -> Int {
        let endpoint = Endpoint<Empty, Empty>(
            "pour", .post, "/pour", access: .open, idempotent: isIdempotent, summary: "Made for tests.")
        return await caller.call(Call("tea.pour", timeout: timeout), endpoint.description).status
    }

    @Test("are all called")
    func turns() async {
        var areAllCalled = false
        // One that a busy machine has held up is called less for a while.
        for _ in 1...20 where !areAllCalled {
            let replicas = [Fake.good(), .good(), .good()]
            let caller = LoadBalancingCaller(replicas)
            for _ in 1...300 { #expect(await call(caller) == 200) }
            areAllCalled = replicas.allSatisfy { $0.timesAsked > 10 }
        }
        #expect(areAllCalled)
    }

    @Test("stand in for one that has not begun a call, each once at most")
    func next() async {
        let replicas = [Fake.down(), .down(), .good()]
        let caller = LoadBalancingCaller(replicas)
        for _ in 1...3 { #expect(await call(caller) == 200) }
        #expect(replicas[2].timesAsked == 3)
        // Those that are down are left out from then on.
        #expect(replicas[0].timesAsked + replicas[1].timesAsked <= 2)
        let none = [Fake.down(), .down()]
        #expect(await call(LoadBalancingCaller(none)) == 503 && none.map(\.timesAsked) == [1, 1])
    }

    @Test("get no call again that may have been processed, unless it may be repeated")
    func unknown() async {
        let (lost, good) = (Fake.down(isUnprocessed: false), Fake.good())
        let both = [lost, .down(isUnprocessed: false)]
        #expect(await call(LoadBalancingCaller(both)) == 503 && both.map(\.timesAsked).reduce(0, +) == 1)
        #expect(await call(LoadBalancingCaller([lost, good]), isIdempotent: true) == 200)
        let denied = [
            Fake(.failure(Problem(.permissionDenied, "No."))), Fake(.failure(Problem(.permissionDenied, "No."))),
        ]
        #expect(await call(LoadBalancingCaller(denied), isIdempotent: true) == 403)
        #expect(denied.map(\.timesAsked).reduce(0, +) == 1)
    }

    @Test("can be reached if one of them can")
    func connected() async {
        #expect(await LoadBalancingCaller([Fake.down(), Fake.good()]).isConnected)
        #expect(await !LoadBalancingCaller([Fake.down(), Fake.down()]).isConnected)
    }

    /// Replicas that come and go.
    private func empty() -> LoadBalancingCaller { LoadBalancingCaller(transport: .inProcess) {} }

    @Test("stand in for any number of others that cannot be reached: no call has been sent to those")
    func many() async {
        let caller = LoadBalancingCaller([Fake.down(), .down(), .down(), .down(), .down(), .good()])
        #expect(await call(caller) == 200)
    }

    @Test("are waited for until the first is there")
    func first() async {
        let caller = empty()
        async let status = call(caller)
        _ = caller.add(Fake.good())
        #expect(await status == 200)
        #expect(await call(empty(), timeout: .milliseconds(20)) == 503)
    }

    @Test("are not waited for any longer when it is known that there are none")
    func none() async {
        let caller = empty()
        async let status = call(caller, timeout: .seconds(600))
        caller.limitWaiting()
        #expect(await status == 503)
    }

    @Test("stop waiting when their caller is cancelled")
    func cancelled() async {
        let caller = empty()
        let task = Task { await call(caller, timeout: .seconds(600)) }
        task.cancel()
        #expect(await task.value == 503)
    }

    @Test("stand in for the last one that was lost, as soon as they come")
    func replaced() async {
        let caller = empty()
        let good = Fake.good()
        let first = caller.add(good)
        #expect(await call(caller) == 200)
        await caller.remove(first)
        async let status = call(caller)
        let second = Fake.good()
        _ = caller.add(second)
        #expect(await status == 200)
        #expect(good.timesClosed == 1 && second.timesClosed == 0)
    }

    /// Answers when the test says so.
    private final class Held: Caller {
        private let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let (begun, noteBegun) = AsyncStream.makeStream(of: Void.self)
        private let state = Atomic(false)

        var isConnected: Bool { true }
        var isClosed: Bool { state.load(ordering: .relaxed) }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            if !call.isInternal {
                noteBegun.yield()
                for await _ in stream { break }
            }
            return .success(status: 200, body: Data())
        }

        func reply() { continuation.yield() }
        func close() { state.store(true, ordering: .relaxed) }
    }

    @Test("that have gone end their calls before they are closed")
    func drained() async {
        let caller = empty()
        let held = Held()
        let replica = caller.add(held)
        async let status = call(caller, timeout: .seconds(50))
        for await _ in held.begun { break }
        await caller.remove(replica)
        #expect(!held.isClosed)
        held.reply()
        #expect(await status == 200)
        #expect(held.isClosed)
    }

    /// Can be reached, or not, as the test says.
    private final class Switch: Caller {
        private let isOn: Atomic<Bool>
        let (refused, noteRefused) = AsyncStream.makeStream(of: Void.self)

        init(_ isOn: Bool) { self.isOn = Atomic(isOn) }

        var isConnected: Bool { isOn.load(ordering: .relaxed) }

        func turn(on: Bool) { isOn.store(on, ordering: .relaxed) }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            guard isConnected else {
                noteRefused.yield()
                return .failure(.notConnected)
            }
            return .success(status: 200, body: Data())
        }

        func close() {}
    }

    @Test("stand in for the last one that says that it will stop, and are waited for until they are ready")
    func successor() async {
        let caller = empty()
        let (first, second) = (Switch(true), Switch(false))
        let replica = caller.add(first)
        #expect(await call(caller) == 200)
        first.turn(on: false)
        async let status = call(caller)
        for await _ in first.refused { break }
        _ = caller.add(second)
        await caller.remove(replica)
        second.turn(on: true)
        #expect(await status == 200)
    }
}
