import Endpoints
import EventLoop
import Foundation
import RPC
import RPCTesting
import Testing
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

@Suite("The ZeroMQ front", .timeLimit(.minutes(1)))
struct FrontTests {
    @Test("answers a CANCEL once, with 499, and cancels the handler")
    func cancel() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 1, "auth.slow").frames)
            #expect(await site.service.next() == .waiting)
            for _ in 0..<3 { try await peer.send(Message(.cancel, id: 1).frames) }
            try await peer.send(Message(.cancel, id: 99).frames)
            try await peer.send(Message(.ping, id: 2).frames)
            let reply = try #require(Message(await peer.next()))
            #expect(reply.id == 1 && reply.status == "499" && reply.json?["code"] == "cancelled")
            #expect(await site.service.next() == .cancelled)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 2))
        }
    }

    @Test("says where the time went to whoever asks by the flag, and to nobody else")
    func timing() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            for (id, flags) in [(1, .timed), (2, []), (3, [.idempotent, .timed])] as [(UInt64, Preamble.Flags)] {
                try await peer.send(Message(.request, id: id, "auth.smoke", flags: flags).frames)
                let reply = try #require(Message(await peer.next()))
                let metrics = reply.head?[.serverTiming]?.split(separator: ", ")
                #expect(metrics?.count == (flags.contains(.timed) ? 6 : nil))
                let form = /(queue|wait|access|decode|handler|encode);dur=[0-9]+\.[0-9]{6}/
                #expect((metrics ?? []).allSatisfy { $0.wholeMatch(of: form) != nil })
            }
        }
    }

    @Test("lets no peer cancel another one's call")
    func foreignCancel() async throws {
        try await FrontRig.open { site in
            let (owner, other) = (try await site.peer(), try await site.peer())
            try await owner.send(Message(.request, id: 1, "auth.slow").frames)
            #expect(await site.service.next() == .waiting)
            try await other.send(Message(.cancel, id: 1).frames)
            try await other.send(Message(.ping, id: 2).frames)
            #expect(Message(await other.next())?.preamble == Preamble(.pong, id: 2))
            try await owner.send(Message(.ping, id: 3).frames)
            #expect(Message(await owner.next())?.preamble == Preamble(.pong, id: 3))
            try await owner.send(Message(.cancel, id: 1).frames)
            #expect(Message(await owner.next())?.status == "499")
        }
    }

    @Test("refuses an id that is in flight, and lets the call of that id go on")
    func duplicate() async throws {
        try await FrontRig.open { site in
            let (owner, other) = (try await site.peer(), try await site.peer())
            try await owner.send(Message(.request, id: 5, "auth.slow").frames)
            #expect(await site.service.next() == .waiting)
            try await owner.send(Message(.request, id: 5, "auth.count").frames)
            let refusal = try #require(Message(await owner.next()))
            #expect(refusal.id == 5 && refusal.status == "400" && refusal.json?["code"] == "malformed")
            #expect(await site.service.runs == 0)
            // Ids are the peer's own, and free again after the reply.
            for id in [5, 5] as [UInt64] {
                try await other.send(Message(.request, id: id, "auth.count").frames)
                #expect(Message(await other.next())?.status == "200")
            }
            try await owner.send(Message(.cancel, id: 5).frames)
            #expect(Message(await owner.next())?.status == "499")
        }
    }

    @Test("answers a PING while the service is busy")
    func ping() async throws {
        try await FrontRig.open(apart: true) { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 1, "auth.block").frames)
            #expect(await site.service.next() == .blocked)
            try await peer.send(Message(.ping, id: 2).frames)
            #expect(Message(await peer.next())?.preamble == Preamble(.pong, id: 2))
            site.service.release()
            #expect(Message(await peer.next())?.status == "200")
        }
    }

    @Test("answers a call that has become late with 504, and never runs it")
    func late() async throws {
        try await FrontRig.open(apart: true) { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 1, "auth.block").frames)
            #expect(await site.service.next() == .blocked)
            try await peer.send(Message(.request, id: 2, "auth.count", time: 20).frames)
            let late = try #require(Message(await peer.next()))
            #expect(late.id == 2 && late.status == "504" && late.json?["code"] == "deadline_exceeded")
            site.service.release()
            #expect(Message(await peer.next())?.id == 1)
            #expect(await site.service.runs == 0)
        }
    }

    @Test("says HELLO with all that a client may want to know")
    func hello() async throws {
        var limits = ZeroMQFront.Limits()
        limits.maxBody = 4096
        limits.maxInFlight = 77
        var instances: Set<String> = []
        for _ in 0..<2 {
            try await FrontRig.open(limits: limits) { site in
                let peer = try await site.peer()
                for id in [0, 21] as [UInt64] {
                    try await peer.send(Message(.hello, id: id).frames)
                    let hello = try #require(Message(await peer.next()))
                    #expect(hello.preamble == Preamble(.hello, id: id) && hello.frames[2].isEmpty)
                    let head = try #require(hello.head)
                    #expect(head.line.isEmpty)
                    #expect(head[.service] == "auth" && head[.version] == "1.2.3")
                    #expect(head[.contract] == SmokeContract.description.hash)
                    #expect(head[.maxBody] == "4096" && head[.maxInFlight] == "77")
                    instances.insert(try #require(head[.serverInstance]))
                }
            }
        }
        #expect(instances.count == 2)
    }

    @Test("greets nobody whose contract cannot be read", arguments: ["{", "[]", "{}"])
    func unreadableContract(body: String) async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            var head = Headers()
            head.add(.contract, "0123456789abcdef")
            try await peer.send([Preamble(.hello, id: 3).bytes, head.bytes, Array(body.utf8)])
            let reply = try #require(Message(await peer.next()))
            #expect(reply.id == 3 && reply.status == "400" && reply.json?["code"]?.string == "malformed")
        }
    }

    @Test("says GOAWAY to those who have said HELLO, once it drains, and still answers")
    func goAway() async throws {
        try await FrontRig.open { site in
            let (greeted, plain) = (try await site.peer(), try await site.peer())
            try await greeted.send(Message(.hello, id: 1).frames)
            #expect(Message(await greeted.next())?.preamble?.kind == .hello)
            try await plain.send(Message(.ping, id: 2).frames)
            #expect(Message(await plain.next())?.preamble?.kind == .pong)
            await site.front.drain()
            #expect(Message(await greeted.next())?.preamble == Preamble(.goAway, id: 0))
            for peer in [greeted, plain] {
                try await peer.send(Message(.request, id: 3, "auth.smoke").frames)
                let reply = try #require(Message(await peer.next()))
                #expect(reply.id == 3 && reply.status == "200")
            }
        }
    }

    @Test("speaks with a plain REQ socket, one call after another")
    func plainREQ() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer(.req)
            for id in 1...5 as ClosedRange<UInt64> {
                try await peer.send(Message(.request, id: id, "auth.fill").frames)
                let reply = try #require(Message(await peer.next()))
                #expect(reply.id == id && reply.status == "200" && reply.json?["text"]?.string?.count == 1000)
            }
            try await peer.send(Message(.request, id: 9, "auth.Smoke").frames)
            #expect(Message(await peer.next())?.status == "400")
        }
    }

    @Test("lets a peer have so many calls in flight, and says when to try again")
    func inFlight() async throws {
        var limits = ZeroMQFront.Limits()
        limits.maxInFlight = 2
        try await FrontRig.open(limits: limits) { site in
            let (greedy, other) = (try await site.peer(), try await site.peer())
            for id in 1...3 as ClosedRange<UInt64> {
                try await greedy.send(Message(.request, id: id, "auth.slow").frames)
            }
            let refusal = try #require(Message(await greedy.next()))
            #expect(refusal.id == 3 && refusal.status == "429" && refusal.head?[.processed] == "no")
            #expect(refusal.preamble?.time == 100)
            try await other.send(Message(.request, id: 3, "auth.smoke").frames)
            #expect(Message(await other.next())?.status == "200")
            try await greedy.send(Message(.cancel, id: 1).frames)
            #expect(Message(await greedy.next())?.status == "499")
            try await greedy.send(Message(.request, id: 4, "auth.smoke").frames)
            #expect(Message(await greedy.next())?.status == "200")
        }
    }

    @Test("logs and counts what it refuses, under the caller's own trace and name, and answers with them")
    func refusals() async throws {
        var limits = ZeroMQFront.Limits()
        limits.maxInFlight = 1
        limits.maxBody = 4
        try await FrontRig.open(limits: limits) { site in
            let (peer, trace) = (try await site.peer(), TraceContext.root())
            func head(_ name: String) -> String { "\(name)\ntraceparent: \(trace.header)\nx-request-id: r-1" }
            func refusal(of request: Message) async throws -> Message {
                try await peer.send(request.frames)
                let refusal = try #require(Message(await peer.next()))
                #expect(refusal.json?["trace_id"] == .string(trace.traceID) && refusal.head?[.requestID] == "r-1")
                return refusal
            }
            #expect(try await refusal(of: Message(.request, id: 1, head("auth.smoke"), body: "12345")).status == "413")
            #expect(try await refusal(of: Message(.request, id: 2, head("auth.Smoke"))).status == "400")
            let flags: Preamble.Flags = [.mustUnderstand]
            #expect(try await refusal(of: Message(.request, id: 3, head("auth.smoke"), flags: flags)).status == "501")
            try await peer.send(Message(.request, id: 4, "auth.slow").frames)
            #expect(await site.service.next() == .waiting)
            #expect(try await refusal(of: Message(.request, id: 4, head("auth.count"))).status == "400")
            #expect(try await refusal(of: Message(.request, id: 5, head("auth.count"))).status == "429")
            let expected = [
                ("auth.smoke", 413), ("unknown", 400), ("auth.smoke", 501), ("auth.count", 400), ("auth.count", 429),
            ]
            #expect(site.journal.summary == expected.map { "\($0) \($1)" })
            #expect(site.journal.all.allSatisfy { $0.trace == trace && $0.requestID == "r-1" })
            // The last one has broken no rule of the protocol.
            #expect(await site.front.counters == TransportStatistics(refused: 4))
            // A message of no known kind gets a reply, and leaves no line.
            try await peer.send([Preamble(.request, id: 6).bytes, [0xFF], []])
            #expect(Message(await peer.next())?.status == "400")
            #expect(site.journal.all.count == expected.count)
        }
    }

    @Test("refuses calls while it stops, and logs and counts them; the kit's own it answers")
    func stopping() async throws {
        try await FrontRig.open { site in
            let peer = try await site.peer()
            try await peer.send(Message(.request, id: 1, "auth.slow").frames)
            #expect(await site.service.next() == .waiting)
            let front = site.front
            let stop = Task { await front.stop() }
            let refusal = try await eventually("a call is refused") { () -> Message? in
                try await peer.send(Message(.request, id: 2, "auth.smoke\nx-request-id: r-2").frames)
                let reply = Message(await peer.next())
                return reply?.status == "503" ? reply : nil
            }
            #expect(refusal.json?["code"] == "not_ready" && refusal.preamble?.time == 1000)
            #expect(refusal.head?[.processed] == "no" && refusal.head?[.requestID] == "r-2")
            let line = try #require(site.journal.all.last)
            #expect(line.endpoint == "auth.smoke" && line.status == 503 && line.requestID == "r-2")
            #expect(refusal.json?["trace_id"]?.string == line.trace.traceID)
            try await peer.send(Message(.request, id: 3, "_health.live").frames)
            #expect(Message(await peer.next())?.status == "200")
            #expect(await front.counters == TransportStatistics())
            try await peer.send(Message(.cancel, id: 1).frames)
            #expect(Message(await peer.next())?.status == "499")
            await stop.value
        }
    }

    @Test("that is dropped before it is stopped releases its address", arguments: ["ipc", "inproc"])
    func dropped(scheme: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
        defer { try? FileManager.default.removeItem(at: folder) }
        let address = try Address("\(scheme)://\(folder.path)/s")
        let thread = try SocketThread(name: "service")
        let dispatcher = try Dispatcher(
            SmokeService(on: thread), contract: SmokeContract.description, verifier: NoTokens())
        for _ in 1...2 {
            let front = ZeroMQFront(dispatcher, on: thread, context: try context.get(), addresses: [address])
            #expect(try await front.start() == [address.description])
        }
        await thread.shutdown()
    }

    @Test("cancels the calls of a peer that is gone, and nobody else's")
    func gone() async throws {
        try await FrontRig.open { site in
            let (leaving, staying) = (try await site.peer(), try await site.peer())
            for peer in [staying, leaving] {
                try await peer.send(Message(.request, id: 1, "auth.slow").frames)
                #expect(await site.service.next() == .waiting)
            }
            await leaving.disconnect()
            #expect(await site.service.next() == .cancelled)
            try await staying.send(Message(.ping, id: 2).frames)
            // Before its own PONG there may be one that asks whether it is still there.
            #expect(await staying.skip(to: Preamble(.pong, id: 2)))
            try await staying.send(Message(.cancel, id: 1).frames)
            #expect(Message(await staying.next())?.status == "499")
        }
    }
}
