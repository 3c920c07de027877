import Endpoints
import Foundation
import RPCTesting
import Synchronization
import Testing

@testable import RPC

@Suite("Calls of which most are refused", .timeLimit(.minutes(1)))
struct CallThrottleTests {
    private let start = ContinuousClock.now

    /// The calls of one endpoint, of which so many have been refused.
    private func history(_ calls: Int, refused: Int) -> RefusalHistory {
        var history = RefusalHistory(at: start)
        for number in 0..<calls { history.record(isRefused: number < refused, at: start) }
        return history
    }

    @Test("are held back as far as more than half are refused, if there are many of them, and for two seconds")
    func chance() {
        for (calls, refused, chance) in [
            (1000, 0, 0), (1000, 500, 0), (1000, 800, 600.0 / 1001), (1000, 1000, 0.9), (99, 99, 0), (100, 100, 0.9),
        ] {
            var history = history(calls, refused: refused)
            #expect(history.chance(at: start) == chance, "\(refused) of \(calls)")
            #expect(history.chance(at: start + .milliseconds(1500)) == chance)
            #expect(history.chance(at: start + .milliseconds(2600)) == 0)
        }
    }

    /// A service that accepts 10 calls in a millisecond and refuses the rest, and a client with so many more.
    ///
    /// - Returns: how many were sent and accepted.
    private func run(
        _ history: inout RefusalHistory, callsEachMillisecond calls: Int, milliseconds: Range<Int>
    ) -> (sent: Int, accepted: Int) {
        var total = (sent: 0, accepted: 0)
        for millisecond in milliseconds {
            let now = start + .milliseconds(millisecond)
            var sent = 0
            for _ in 0..<calls {
                let isHeldBack = Double.random(in: 0..<1) < history.chance(at: now)
                if !isHeldBack { sent += 1 }
                history.record(isRefused: isHeldBack || sent > 10, at: now)
            }
            total.sent += sent
            total.accepted += min(10, sent)
        }
        return total
    }

    @Test("are sent twice as often as they are accepted at five times the most, and all once all are accepted")
    func overload() {
        var history = RefusalHistory(at: start)
        _ = run(&history, callsEachMillisecond: 50, milliseconds: 0..<3000)
        let overload = run(&history, callsEachMillisecond: 50, milliseconds: 3000..<6000)
        #expect((50_000...75_000).contains(overload.sent) && overload.accepted > 29_000, "\(overload)")
        _ = run(&history, callsEachMillisecond: 8, milliseconds: 6000..<8000)
        let quiet = run(&history, callsEachMillisecond: 8, milliseconds: 8000..<10_000)
        #expect(quiet.sent == 16_000, "\(quiet)")
    }

    /// A replica that refuses all calls but those of one endpoint.
    private final class Refusing: Caller {
        let calls = Atomic(0)

        var isConnected: Bool { true }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            guard call.endpoint != "tea.wash" else { return .success(status: 200, body: Data()) }
            calls.add(1, ordering: .relaxed)
            return .failure(.overloaded("Too much."))
        }

        func close() {}
    }

    private func call(_ name: String, _ caller: LoadBalancingCaller) async -> Reply {
        let endpoint = Endpoint<Empty, Empty>("pour", .post, "/pour", access: .open, summary: "Made for tests.")
        return await caller.call(Call(name), endpoint.description)
    }

    @Test("fail with the same problem; no other endpoint and no check of health is held back")
    func balancer() async {
        let replica = Refusing()
        let caller = LoadBalancingCaller([replica])
        for _ in 1...1000 {
            let problem = await call("tea.pour", caller).problem
            #expect(problem?.kind == .overloaded && problem?.isUnprocessed == true && problem?.retryAfter != nil)
        }
        #expect((100...400).contains(replica.calls.load(ordering: .relaxed)))
        for _ in 1...100 { #expect(await call("tea.wash", caller).status == 200) }
        let before = replica.calls.load(ordering: .relaxed)
        for _ in 1...300 { _ = await call("_health.check", caller) }
        #expect(replica.calls.load(ordering: .relaxed) == before + 300)
    }

    @Test("are all sent if they are lost, late or begun in vain, which is no refusal")
    func lost() {
        for problem in [Problem.notConnected, .late, Problem(.overloaded, "No memory was left.")] {
            let throttle = CallThrottle()
            for _ in 1...300 {
                #expect(throttle.admits(Call("tea.pour")), "\(problem)")
                throttle.record(.failure(problem), to: Call("tea.pour"))
            }
        }
    }
}
