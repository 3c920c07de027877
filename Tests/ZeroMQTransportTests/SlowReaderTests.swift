import Endpoints
import Foundation
import RPC
import Testing
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A peer that reads slowly", .timeLimit(.minutes(1)))
struct SlowReaderTests {
    /// As little as possible of what is for it finds a place elsewhere.
    private var narrow: SocketOptions {
        var options = SocketOptions.client
        options.receiveHighWaterMark = 1
        return options
    }

    @Test("stops nobody else, and gets its replies in order once it reads")
    func order() async throws {
        try await FrontRig.open { site in
            let (slow, quick) = (try await site.peer(reading: false, options: narrow), try await site.peer())
            let calls = 3000
            for id in 1...calls { try await slow.send(Message(.request, id: UInt64(id), "auth.fill").frames) }
            for id in 1...100 {
                try await quick.send(Message(.request, id: UInt64(id), "auth.fill").frames)
                #expect(Message(await quick.next())?.id == UInt64(id))
            }
            await slow.read()
            for id in 1...calls {
                let reply = try #require(Message(await slow.next()))
                try #require(reply.id == UInt64(id) && reply.status == "200")
            }
            #expect(await site.front.counters == TransportStatistics())
        }
    }

    @Test("keeps the front from stopping until its replies are sent, and no longer")
    func stopping() async throws {
        try await FrontRig.open { site in
            let slow = try await site.peer(reading: false, options: narrow)
            let calls = 3000
            for id in 1...calls { try await slow.send(Message(.request, id: UInt64(id), "auth.fill").frames) }
            try await eventually { await site.front.isHoldingReplies }
            let start = ContinuousClock.now
            let front = site.front
            let stop = Task { await front.stop() }
            await slow.read()
            await stop.value
            #expect(start.duration(to: .now) < ZeroMQFront.Limits().shutdownTimeout)
            #expect(await front.counters == TransportStatistics())
        }
    }

    @Test("has no more calls run while its replies wait, and costs the service no memory")
    func heldBack() async throws {
        try await FrontRig.open { site in
            let (silent, quick) = (try await site.peer(reading: false, options: narrow), try await site.peer())
            let calls = 20_000
            for id in 1...calls { try await silent.send(Message(.request, id: UInt64(id), "auth.fill").frames) }
            try await eventually { await site.front.isHoldingReplies }
            for id in 1...100 {
                try await quick.send(Message(.request, id: UInt64(id), "auth.smoke").frames)
                #expect(Message(await quick.next())?.status == "200")
            }
            #expect(await site.service.fillings < calls / 2)
            #expect(await site.front.counters == TransportStatistics())
        }
    }

    @Test("has room for so many replies, and so many bytes")
    func outbox() {
        let pong = (
            RPCMessage(Preamble(.pong, id: 0)),
            ReplyRoute(peer: Peer(PeerID(listener: 0, name: RoutingID(number: 1))), envelope: [])
        )
        var outbox = SendQueue()
        let taken = (0..<SendQueue.maxMessages).filter { _ in outbox.append(pong) }
        var isTaken = outbox.append(pong)
        #expect(taken.count == SendQueue.maxMessages && !isTaken)
        var room = 1
        outbox.flush { _, _ in
            room -= 1
            return room >= 0
        }
        isTaken = outbox.append(pong)
        #expect(isTaken)
        isTaken = outbox.append(pong)
        #expect(!isTaken)
        outbox.flush { _, _ in true }
        #expect(outbox.isEmpty)
        let large = RPCMessage(Preamble(.reply, id: 1), body: Data(count: SendQueue.maxBytes - Preamble.size))
        isTaken = outbox.append((large, pong.1))
        #expect(isTaken)
        isTaken = outbox.append(pong)
        #expect(!isTaken)
    }
}

extension ZeroMQFront {
    fileprivate var isHoldingReplies: Bool { peers.values.contains { !$0.sendQueue.isEmpty } }
}
