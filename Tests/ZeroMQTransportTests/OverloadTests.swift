import Endpoints
import RPC
import Testing
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A front with more calls than it can answer", .timeLimit(.minutes(1)))
struct OverloadTests {
    /// The replies to a number of calls.
    private struct Outcome {
        var statuses: [String: Int] = [:]
        var areRefusalsUnprocessed = true
        /// For how long the calls were being sent.
        var sending = Duration.zero
    }

    /// Sends calls that take a millisecond each.
    private func overload(_ peer: LibzmqPeer, calls: Int, time: UInt32) async throws -> Outcome {
        var outcome = Outcome()
        outcome.sending = try await ContinuousClock().measure {
            for id in 1...UInt64(calls) {
                try await peer.send(Message(.request, id: id, "auth.work", time: time).frames)
            }
        }
        for _ in 0..<calls {
            let message = try #require(Message(await peer.next()))
            outcome.statuses[message.status ?? "none", default: 0] += 1
            if message.status != "200", message.head?[.processed] != "no" { outcome.areRefusalsUnprocessed = false }
        }
        return outcome
    }

    @Test("refuses those that would have to wait too long, and begins no others in vain")
    func refusal() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            // By these it finds out how long a call takes.
            #expect(try await overload(peer, calls: 50, time: 20_000).statuses == ["200": 50])
            let outcome = try await overload(peer, calls: 3000, time: 400)
            let answered = outcome.statuses["200"] ?? 0
            #expect(await site.service.runs == 50 + answered)
            // Their time counts from when they are read, between the turns of those that are begun.
            let most = 600 + Int(outcome.sending / .milliseconds(1))
            #expect((20...most).contains(answered) && outcome.areRefusalsUnprocessed, "\(outcome)")
            let refused = outcome.statuses["503"] ?? 0
            try #require(refused > 0 && refused >= 3000 - most - 100, "\(outcome)")
            // Most of them as they come, and the rest at their turn.
            #expect(await (refused * 2 / 3...refused).contains(site.front.counters.overloaded), "\(outcome)")
        }
    }

    @Test("refuses no call whose caller has the time to wait")
    func patience() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            #expect(try await overload(peer, calls: 300, time: 20_000).statuses == ["200": 300])
            #expect(await site.front.counters == TransportStatistics())
        }
    }

    @Test("answers another peer's PING and call before those that wait")
    func others() async throws {
        try await FrontRig.open { site in
            let (greedy, polite) = (try await site.peer(), try await site.peer())
            for id in 1...1000 as ClosedRange<UInt64> {
                try await greedy.send(Message(.request, id: id, "auth.work", time: 20_000).frames)
            }
            try await eventually { await site.service.runs > 20 }
            try await polite.send(Message(.ping, id: 0).frames)
            #expect(Message(await polite.next())?.preamble?.kind == .pong)
            let sent = "\(SendClock.milliseconds) \(try #require(SendClock.machine))"
            try await polite.send(Message(.request, id: 1, "_health.live", sent: sent).frames)
            #expect(Message(await polite.next())?.status == "200")
            #expect(await site.service.runs < 900)
        }
    }

    @Test("begins a call that is past half of its time, if it need not wait for half of the rest")
    func rest() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for id in 1...600 as ClosedRange<UInt64> {
                try await peer.send(Message(.request, id: id, "auth.work", time: 20_000).frames)
            }
            try await eventually { await site.service.runs > 300 }
            let sent = "\(SendClock.milliseconds - 10_500) \(try #require(SendClock.machine))"
            try await peer.send(Message(.request, id: 3000, "auth.work", time: 20_000, sent: sent).frames)
            var last = Message(await peer.next())
            while let preamble = last?.preamble, preamble.id != 3000 { last = Message(await peer.next()) }
            #expect(last?.status == "200")
        }
    }

    @Test("counts what comes between two turns as time that calls wait")
    func reading() {
        var queue = CallQueue()
        let path = ReplyRoute(peer: Peer(PeerID(listener: 0, name: RoutingID(number: 1))), envelope: [])
        for id in 1...100 as ClosedRange<UInt64> {
            queue.append(UnbegunCall(call: Call("auth.work"), id: id, path: path))
        }
        let start = ContinuousClock.now
        queue.endTurn(of: 10, from: start, at: start + .milliseconds(1))
        #expect(queue.canKeep(milliseconds: 20) && !queue.canKeep(milliseconds: 19))
        for turn in 1...100 {
            let end = start + .milliseconds(1 + 5 * turn)
            queue.endTurn(of: 10, from: end - .milliseconds(1), at: end)
        }
        #expect(queue.canKeep(milliseconds: 100) && !queue.canKeep(milliseconds: 95))
    }

    @Test("answers a check of health before calls that another front has brought")
    func health() async throws {
        try await FrontRig.open { site in
            let dispatcher = await site.front.dispatcher
            for _ in 0..<500 { dispatcher.start(Call("auth.work", timeout: .seconds(20)), isolation: nil) { _, _ in } }
            let reply = await dispatcher.dispatch(Call("_health.check"))
            #expect(reply.status == 200)
            // Asked as urgently, for any other question waits for all of them.
            let runs = await Task(priority: .high) { [service = site.service] in await service.runs }.value
            #expect(runs < 400)
        }
    }
}
