import Endpoints
import Foundation
import Synchronization
import Testing

@testable import RPC

@Suite("The replicas of a service")
struct ReplicaTests {
    /// Answers every call alike, and counts them.
    private final class Fake: Caller {
        let isConnected: Bool
        private let reply: Reply
        private let asked = Atomic(0)

        init(_ reply: Reply, isConnected: Bool = true) {
            self.reply = reply
            self.isConnected = isConnected
        }

        var timesAsked: Int { asked.load(ordering: .relaxed) }

        func call(_ call: Call, _ endpoint: EndpointDescription) async -> Reply {
            asked.add(1, ordering: .relaxed)
            return reply
        }

        func close() {}

        static func good() -> Fake { Fake(.success(status: 200, body: Data())) }
        static func down(isUnprocessed: Bool = true) -> Fake {
            Fake(.failure(Problem(.unavailable, "Gone.", isUnprocessed: isUnprocessed)), isConnected: false)
        }
    }

    private func call(_ caller: ReplicaCaller, isIdempotent: Bool = false) async -> Int {
        let endpoint = Endpoint<Empty, Empty>(
            "pour", .post, "/pour", access: .open, idempotent: isIdempotent, summary: "Made for tests.")
        return await caller.call(Call("tea.pour"), endpoint.description).status
    }

    @Test("are all called")
    func turns() async {
        let replicas = [Fake.good(), .good(), .good()]
        let caller = ReplicaCaller(replicas)
        for _ in 1...300 { #expect(await call(caller) == 200) }
        #expect(replicas.allSatisfy { $0.timesAsked > 10 })
    }

    @Test("stand in for one that has not begun a call, each once at most")
    func next() async {
        let replicas = [Fake.down(), .down(), .good()]
        let caller = ReplicaCaller(replicas)
        for _ in 1...3 { #expect(await call(caller) == 200) }
        #expect(replicas[2].timesAsked == 3)
        // Those that are down are left out from then on.
        #expect(replicas[0].timesAsked + replicas[1].timesAsked <= 2)
        let none = [Fake.down(), .down()]
        #expect(await call(ReplicaCaller(none)) == 503 && none.map(\.timesAsked) == [1, 1])
    }

    @Test("get no call again that may have been processed, unless it may be repeated")
    func unknown() async {
        let (lost, good) = (Fake.down(isUnprocessed: false), Fake.good())
        let both = [lost, .down(isUnprocessed: false)]
        #expect(await call(ReplicaCaller(both)) == 503 && both.map(\.timesAsked).reduce(0, +) == 1)
        #expect(await call(ReplicaCaller([lost, good]), isIdempotent: true) == 200)
        let denied = [
            Fake(.failure(Problem(.permissionDenied, "No."))), Fake(.failure(Problem(.permissionDenied, "No."))),
        ]
        #expect(await call(ReplicaCaller(denied), isIdempotent: true) == 403)
        #expect(denied.map(\.timesAsked).reduce(0, +) == 1)
    }

    @Test("can be reached if one of them can")
    func connected() async {
        #expect(await ReplicaCaller([Fake.down(), Fake.good()]).isConnected)
        #expect(await !ReplicaCaller([Fake.down(), Fake.down()]).isConnected)
    }
}
