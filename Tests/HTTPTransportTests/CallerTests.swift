import Endpoints
import Foundation
import HTTPTransport
import NIOCore
import NIOPosix
import RPC
import RPCTesting
import Synchronization
import Testing
import Waiting
import Web

@Suite("The HTTP caller", .timeLimit(.minutes(1)))
struct CallerTests {
    /// Runs a test with a client of a shop.
    private func shopping(_ test: (Client<ShopContract>, Shop) async throws -> Void) async throws {
        try await Shop.open { shop in try await calling(shop.address) { try await test($0, shop) } }
    }

    private func calling(_ address: String, _ test: (Client<ShopContract>) async throws -> Void) async throws {
        let caller = HTTPCaller(address)
        do {
            try await test(Client(caller))
        } catch {
            await caller.close()
            throw error
        }
        await caller.close()
    }

    @Test("brings values there and back, wherever they travel")
    func values() async throws {
        try await shopping { client, _ in
            let search = ItemSearch(text: "a&b=ü/?", count: 3, exact: true, tags: ["x", "y z"])
            try await #expect(client.call(ShopContract.find, search) == Found(text: "a&b=ü/? 3 true x+y z"))
            try await #expect(client.call(ShopContract.item, Item(id: 7, name: "é")) == Found(text: "7 é"))
            try await #expect(client.call(ShopContract.add, Item(id: 7, name: "\"}{")) == Found(text: "7 \"}{"))
            let changed = try await client.call(ShopContract.change, Item(id: 9, name: "n"), token: "good:change")
            #expect(changed == Found(text: "9 n"))
            try await #expect(client.call(ShopContract.remove, Item(id: 9), token: "good") == Empty())
            try await #expect(client.call(ShopContract.bare).text.count == 32)
        }
    }

    @Test("brings problems back as they were thrown")
    func problems() async throws {
        try await shopping { client, _ in
            let busy = await #expect(throws: Problem.self) { try await client.call(ShopContract.busy) }
            #expect(busy?.kind == .tooManyRequests && busy?.detail == "Too much.")
            #expect(busy?.isUnprocessed == true && busy?.retryAfter == .seconds(2))
            let invalid = await #expect(throws: Problem.self) {
                try await client.call(ShopContract.find, ItemSearch(text: "", count: 11))
            }
            #expect(invalid?.kind == .invalid && invalid?.faults.map(\.pointer) == ["/text", "/count"])
            let denied = await #expect(throws: Problem.self) {
                try await client.call(ShopContract.change, Item(id: 1), token: "good")
            }
            #expect(denied?.kind == .permissionDenied)
        }
    }

    @Test("passes the trace on")
    func trace() async throws {
        try await shopping { client, _ in
            let context = CallContext(endpoint: "a.b")
            try await #expect(client.call(ShopContract.bare, in: context).text == context.trace.traceID)
        }
    }

    @Test("tells the peer how much time is left, up to the longest that any call has")
    func timeLeft() async throws {
        try await shopping { client, _ in
            for (timeout, range) in [(Duration.seconds(20), 15_000...20_000), (.seconds(90), 25_000...30_000)] {
                let left = try await client.call(ShopContract.left, timeout: timeout).text
                #expect(range.contains(Int(left) ?? 0))
            }
        }
    }

    @Test("ends by its deadline, as does the call at the peer")
    func deadline() async throws {
        try await shopping { client, shop in
            let late = await #expect(throws: Problem.self) {
                try await client.call(ShopContract.wait, timeout: .seconds(2))
            }
            #expect(late?.kind == .deadlineExceeded)
            #expect(await shop.service.next() == .waiting)
            #expect(await shop.service.next() == .cancelled)
        }
    }

    @Test(
        "ends by its deadline where the peer is silent",
        arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
    func silence(answer: String) async throws {
        try await withPeer(answering: answer) { address in
            try await calling(address) { client in
                let start = ContinuousClock.now
                let late = await #expect(throws: Problem.self) {
                    try await client.call(ShopContract.bare, timeout: .milliseconds(80))
                }
                #expect(late?.kind == .deadlineExceeded)
                #expect(start.duration(to: .now) < .seconds(5))
            }
        }
    }

    @Test(
        "reads what is not a problem document, or has no code, by its status",
        arguments: [
            ("503 Service Unavailable", Problem.Kind.unavailable), ("502 Bad Gateway", .unavailable),
            ("504 Gateway Timeout", .deadlineExceeded), ("413 Too Large", .tooLarge), ("302 Found", .unavailable),
        ],
        [("text/html", "<p/>"), ("application/problem+json", "{}  ")])
    func proxies(_ answered: (status: String, kind: Problem.Kind), _ body: (type: String, text: String)) async throws {
        let kind = answered.kind
        let answer =
            "HTTP/1.1 \(answered.status)\r\nLocation: /\r\nRetry-After: 3\r\nContent-Type: \(body.type)\r\n"
            + "Content-Length: 4\r\n\r\n\(body.text)"
        try await withPeer(answering: answer) { address in
            try await calling(address) { client in
                let problem = await #expect(throws: Problem.self) { try await client.call(ShopContract.bare) }
                #expect(problem?.kind == kind)
                #expect(problem?.retryAfter == .seconds(3))
            }
        }
    }

    @Test(
        "takes a peer that sends rubbish for one that is not there",
        arguments: [
            "rubbish\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{\"a}",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{",
        ])
    func rubbish(answer: String) async throws {
        try await withPeer(answering: answer) { address in
            try await calling(address) { client in
                let problem = await #expect(throws: Problem.self) {
                    try await client.call(ShopContract.item, Item(id: 1))
                }
                #expect(problem?.kind == .unavailable)
            }
        }
    }

    @Test("says at once that a peer is down, that nothing was sent, and notices when it is back")
    func down() async throws {
        try await Shop.open { shop in
            await shop.front.stop()
            try await calling(shop.address) { client in
                let start = ContinuousClock.now
                let down = await #expect(throws: Problem.self) { try await client.call(ShopContract.wait) }
                #expect(down?.kind == .unavailable && down?.isUnprocessed == true)
                #expect(start.duration(to: .now) < .seconds(5))
                #expect(await !client.isConnected)
                try await Shop.open(HTTPFront.FrontSettings(port: shop.port)) { _ in
                    try await eventually("the peer is back") { await client.isConnected }
                    try await #expect(client.call(ShopContract.item, Item(id: 1)) == Found(text: "1 -"))
                }
            }
        }
    }

    @Test("cancels the call at the peer when its task is cancelled")
    func cancellation() async throws {
        try await shopping { client, shop in
            let call = Task { try await client.call(ShopContract.wait) }
            #expect(await shop.service.next() == .waiting)
            call.cancel()
            #expect(await shop.service.next() == .cancelled)
            #expect(shop.journal.summary == ["shop.wait 499"])
            let problem = await #expect(throws: Problem.self) { try await call.value }
            #expect(problem?.kind == .cancelled)
        }
    }

    @Test("says that its address is none of HTTP", arguments: ["nonsense", "tcp://127.0.0.1:1", "http://", ""])
    func badAddress(_ address: String) async throws {
        try await calling(address) { client in
            let problem = await #expect(throws: Problem.self) { try await client.call(ShopContract.bare) }
            #expect(problem?.kind == .unavailable && problem?.isUnprocessed == true)
            #expect(problem?.detail == "The address of the service is not http://HOST:PORT.")
        }
    }

    @Test("sends no token that no header can hold", arguments: ["good\n", "good\r\n", "göod", "good\u{0}"])
    func badToken(_ token: String) async throws {
        try await shopping { client, shop in
            let problem = await #expect(throws: Problem.self) {
                try await client.call(ShopContract.change, Item(id: 1), token: token)
            }
            #expect(problem?.kind == .tokenInvalid && problem?.isUnprocessed == true)
            #expect(shop.journal.summary.isEmpty)
        }
    }

    @Test("ends its calls when it is closed, and makes no more")
    func close() async throws {
        try await Shop.open { shop in
            let caller = HTTPCaller(shop.address)
            let client = Client<ShopContract>(caller)
            let call = Task { try await client.call(ShopContract.wait) }
            #expect(await shop.service.next() == .waiting)
            await caller.close()
            let ended = await #expect(throws: Problem.self) { try await call.value }
            #expect(ended?.kind == .unavailable)
            let refused = await #expect(throws: Problem.self) { try await client.call(ShopContract.bare) }
            #expect(refused?.kind == .unavailable)
        }
    }

    @Test("trusts no connection that rests once one of them has met with silence: one failure, however many there are")
    func silentPool() async throws {
        let peer = FreezingPeer()
        try await peer.run { address in
            try await calling(address) { client in
                let count = 8
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<count { group.addTask { _ = try? await client.call(ShopContract.bare) } }
                }
                #expect(peer.connectionCount >= 2)
                peer.freeze()
                let silent = await #expect(throws: Problem.self) {
                    try await client.call(ShopContract.bare, timeout: .milliseconds(300))
                }
                #expect(silent?.kind == .deadlineExceeded)
                for _ in 0..<count { try await #expect(client.call(ShopContract.bare) == Found(text: "here")) }
            }
        }
    }

    @Test("keeps many calls apart")
    func many() async throws {
        try await shopping { client, _ in
            try await withThrowingTaskGroup(of: (Int, Found).self) { group in
                for id in 1...200 {
                    group.addTask {
                        (id, try await client.call(ShopContract.item, Item(id: id), timeout: .seconds(20)))
                    }
                }
                for try await (id, found) in group { #expect(found == Found(text: "\(id) -")) }
            }
        }
    }
}

/// Runs a test with a server that answers any request with the same bytes.
private func withPeer(answering answer: String, _ test: (String) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Parrot(answer))
            }
        }
    try await server.executeThenClose { _ in
        try await test("http://127.0.0.1:\(server.channel.localAddress?.port ?? 0)")
    }
}

private final class Parrot: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String

    init(_ answer: String) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }
}

/// A peer that answers each request, until its connections freeze: from then on only new ones are answered.
private final class FreezingPeer: Sendable {
    private struct State {
        var connectionCount = 0
        var frozen = 0
    }

    private let state = Mutex(State())

    var connectionCount: Int { state.withLock { $0.connectionCount } }

    func freeze() { state.withLock { $0.frozen = $0.connectionCount } }

    func run(_ test: (String) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { [self] in
                    let number = state.withLock { state in
                        state.connectionCount += 1
                        return state.connectionCount
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Answerer { [self] in number > state.withLock { $0.frozen } })
                }
            }
        try await server.executeThenClose { _ in
            try await test("http://127.0.0.1:\(server.channel.localAddress?.port ?? 0)")
        }
    }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answers: () -> Bool

    init(_ answers: @escaping () -> Bool) {
        self.answers = answers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard answers() else { return }
        let body = #"{"text":"here"}"#
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        // Late, so that calls that are made at once each have a connection of their own.
        let (context, me) = (
            NIOLoopBound(context, eventLoop: context.eventLoop), NIOLoopBound(self, eventLoop: context.eventLoop)
        )
        context.eventLoop.scheduleTask(in: .milliseconds(50)) {
            context.value.writeAndFlush(me.value.wrapOutboundOut(ByteBuffer(string: head + body)), promise: nil)
        }
    }
}
