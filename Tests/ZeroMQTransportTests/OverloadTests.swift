import Endpoints
import RPC
import Testing
import Waiting
import ZMTP
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A front with more calls than it can answer", .timeLimit(.minutes(1)))
struct OverloadTests {
    /// The replies to a number of calls.
    private struct Outcome {
        var statuses: [String: Int] = [:]
        var areRefusalsUnprocessed = true
        /// The time in which the calls were sent.
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
            let reply = Message(await polite.next())
            #expect(reply?.status == "200", "\(String(describing: reply))")
            #expect(await site.service.runs < 900)
        }
    }

    @Test("begins a call that is past half of its time, if it need not wait for half of the rest")
    func rest() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for id in 1...200 as ClosedRange<UInt64> {
                try await peer.send(Message(.request, id: id, "auth.work", time: 20_000).frames)
            }
            try await eventually { await site.service.runs > 100 }
            let sent = "\(SendClock.milliseconds - 10_500) \(try #require(SendClock.machine))"
            try await peer.send(Message(.request, id: 3000, "auth.work", time: 20_000, sent: sent).frames)
            var last = Message(await peer.next())
            while let preamble = last?.preamble, preamble.id != 3000 { last = Message(await peer.next()) }
            #expect(last?.status == "200")
        }
    }

    @Test("counts what comes between two turns as time that calls wait")
    func reading() {
        let (queue, start) = (busyQueue, ContinuousClock.now)
        #expect(queue.canKeep(milliseconds: 20) && !queue.canKeep(milliseconds: 19))
        for turn in 1...100 {
            let end = start + .milliseconds(1 + 5 * turn)
            queue.endTurn(of: 10, from: end - .milliseconds(1), at: end)
        }
        #expect(queue.canKeep(milliseconds: 100) && !queue.canKeep(milliseconds: 95))
    }

    /// A queue in which one more call would wait for 10 milliseconds.
    private var busyQueue: CallQueue {
        let queue = CallQueue()
        let path = ReplyRoute(peer: Peer(PeerID(listener: 0, name: RoutingID(number: 1))), envelope: [])
        for id in 1...100 as ClosedRange<UInt64> {
            queue.append(UnbegunCall(call: Call("auth.work"), id: id, path: path))
        }
        let start = ContinuousClock.now
        queue.endTurn(of: 10, from: start, at: start + .milliseconds(1))
        return queue
    }

    /// The frames with which a queue refuses a message; `nil` if it does not.
    private func refusal(_ frames: [[UInt8]], by queue: CallQueue) -> [[UInt8]]? {
        var reply: [[UInt8]] = []
        var lent = Frames()
        let copies = frames.map { frame in
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 1)
            copy.copyBytes(from: frame)
            lent.append(UnsafeRawBufferPointer(copy))
            return copy
        }
        defer { for copy in copies { copy.deallocate() } }
        return queue.refuse(lent) { frame, _ in reply.append(Array(frame)) } ? reply : nil
    }

    @Test("refuses while it reads what it knows to be too late, and leaves the rest to be read as calls")
    func unread() throws {
        let queue = busyQueue
        func refused(_ name: String, time: UInt32, sent: String? = nil) -> Bool {
            refusal(Message(.request, id: 7, name, time: time, sent: sent).frames, by: queue) != nil
        }
        let machine = try #require(SendClock.machine)
        let frames = try #require(refusal(Message(.request, id: 7, "auth.work", time: 19).frames, by: queue))
        let reply = Message(frames)
        #expect(reply?.preamble?.id == 7 && reply?.status == "503" && reply?.head?[.processed] == "no")
        #expect(!refused("auth.work", time: 25) && !refused("auth.work", time: 0) && !refused("_health.live", time: 1))
        #expect(refused("auth.work", time: 1000, sent: "\(SendClock.milliseconds - 990) \(machine)"))
        #expect(!refused("auth.work", time: 1000, sent: "\(SendClock.milliseconds) \(machine)"))
        // Its age is only known with its sender's clock.
        #expect(!refused("auth.work", time: 1, sent: "5 elsewhere"))
        #expect(refusal(Message(.cancel, id: 7, "auth.work", time: 1).frames, by: queue) == nil)
        #expect(refusal([[1], []] + Message(.request, id: 7, "auth.work", time: 1).frames, by: queue) == nil)
        #expect(queue.drainRefusals() == 2 && queue.drainRefusals() == 0)
    }

    @Test("refuses in time what was sent by another machine's clock, or through a proxy", arguments: [true, false])
    func elsewhere(isProxied: Bool) async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            #expect(try await overload(peer, calls: 50, time: 20_000).statuses == ["200": 50])
            let sending = try await ContinuousClock().measure {
                for id in 1...2000 as ClosedRange<UInt64> {
                    let sent = "\(SendClock.milliseconds) elsewhere"
                    let message = Message(.request, id: id, "auth.work", time: 200, sent: sent)
                    try await peer.send((isProxied ? [[9], []] : []) + message.frames)
                }
            }
            var statuses: [String: Int] = [:]
            for _ in 1...2000 {
                let frames = await peer.next()
                let message = try #require(Message(isProxied ? Array(frames.dropFirst(2)) : frames))
                statuses[message.status ?? "none", default: 0] += 1
            }
            let refused = statuses["503"] ?? 0
            // Each of the others takes a millisecond. On a busy machine some that were begun end late.
            let others = 200 + Int(sending / .milliseconds(1))
            #expect(refused >= 2000 - others && refused > 0, "\(statuses)")
            #expect(Set(statuses.keys).isSubset(of: ["200", "503", "504"]), "\(statuses)")
            #expect(await site.front.counters.overloaded >= refused * 2 / 3)
        }
    }

    @Test("forgets that calls waited for long once none waits, and after a second how long they took")
    func calm() {
        let (queue, call) = (CallQueue(), Call("auth.work", timeout: .milliseconds(10)))
        let path = ReplyRoute(peer: Peer(PeerID(listener: 0, name: RoutingID(number: 1))), envelope: [])
        func fill() {
            for id in 1...100 as ClosedRange<UInt64> { queue.append(UnbegunCall(call: call, id: id, path: path)) }
        }
        fill()
        let late = call.received + .milliseconds(20)
        #expect(!queue.isTooLate(call, at: late))
        #expect(queue.isTooLate(call, at: late + .milliseconds(100)))
        let longAgo = ContinuousClock.now - .seconds(3)
        queue.endTurn(of: 10, from: longAgo, at: longAgo + .milliseconds(1))
        #expect(queue.isTooLate(call, at: late + .milliseconds(200)) && !queue.canKeep(milliseconds: 19))
        while queue.popFirst() != nil {}
        queue.endTurn(of: 0, from: longAgo, at: longAgo + .milliseconds(2))
        #expect(!queue.isTooLate(call, at: late + .milliseconds(300)))
        fill()
        #expect(queue.canKeep(milliseconds: 0))
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
