import Endpoints
import EventLoop
import Foundation
import RPC
import TemporaryFiles
import Testing
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

@Suite("The ZeroMQ caller", .timeLimit(.minutes(1)))
struct CallerTests {
    @Test("says HELLO first, then sends its call, and gives up on it by CANCEL")
    func order() async throws {
        try await Office.open { office in
            let call = office.call(timeout: .seconds(2))
            #expect(await office.received()?.preamble?.kind == .hello)
            let request = try #require(await office.received())
            #expect(request.preamble?.kind == .request && request.head?.line == "auth.smoke")
            #expect(request.preamble?.flags == .idempotent)
            #expect((1...2000).contains(request.preamble?.time ?? 0))
            #expect(await call.value.status == 504)
            #expect(await office.received()?.preamble == Preamble(.cancel, id: request.id))
        }
    }

    @Test("gives each call an id of its own, and none the HELLO's")
    func ids() async throws {
        try await Office.open { office in
            let calls = (0..<20).map { _ in office.call() }
            #expect(await office.received()?.id == Connection.helloID)
            var ids: Set<UInt64> = []
            for _ in calls {
                let request = try #require(await office.received())
                ids.insert(request.id)
                try await office.reply(to: request, "200")
            }
            #expect(ids.count == 20 && !ids.contains(Connection.helloID))
            for call in calls { #expect(await call.value.status == 200) }
        }
    }

    @Test("ends its calls in flight when another process answers for the server")
    func anotherInstance() async throws {
        try await Office.open { office in
            let call = office.call()
            let hello = try #require(await office.received())
            try await office.sendHello(hello, as: "a")
            #expect(await office.received()?.preamble?.kind == .request)
            try await office.sendHello(hello, as: "b")
            guard case .failure(let problem) = await call.value else { return #expect(Bool(false)) }
            #expect(problem.kind == .unavailable && !problem.isUnprocessed)
        }
    }

    @Test("keeps the calls that a restarted server has been sent before its HELLO")
    func restarted() async throws {
        try await Office.open { office in
            let first = office.call()
            let hello = try #require(await office.received())
            try await office.sendHello(hello, as: "a")
            #expect(await office.received()?.preamble?.kind == .request)
            try await office.restart()
            #expect(await first.value.status == 503)
            // The new server is silent until there is a call.
            let again = try #require(await office.received())
            #expect(again.preamble?.kind == .hello)
            let second = office.call()
            let request = try #require(await office.received())
            try await office.sendHello(again, as: "b")
            try await office.reply(to: request, "200")
            #expect(await second.value.status == 200)
        }
    }

    @Test("finds a server that came back to a port which was taken for a while")
    func takenPort() async throws {
        try await FrontRig.open(at: "tcp") { site in
            let server = try LibzmqPeer(.router, in: context.get())
            await #expect(throws: ZeroMQError.self) { try await server.bind(to: site.address) }
            await site.front.stop()
            try await eventually { (try? await server.bind(to: site.address)) != nil }
            let thread = try SocketThread(name: "caller")
            let caller = ZeroMQCaller(site.address, on: thread, context: try context.get())
            try await caller.start()
            #expect(Message(Array(await server.next().dropFirst()))?.preamble?.kind == .hello)
            await caller.close()
            await thread.shutdown()
            await server.close()
        }
    }

    @Test("sends no new calls after a GOAWAY, and takes the replies of old ones")
    func goAway() async throws {
        try await Office.open { office in
            let call = office.call()
            let hello = try #require(await office.received())
            try await office.sendHello(hello, as: "a")
            let request = try #require(await office.received())
            try await office.send(Message(.goAway, id: 0))
            try await eventually { await office.caller.connection.state == .draining }
            guard case .failure(let problem) = await office.call().value else { return #expect(Bool(false)) }
            #expect(problem.kind == .unavailable && problem.isUnprocessed)
            try await office.reply(to: request, "200")
            #expect(await call.value.status == 200)
        }
    }

    @Test("sends no body that the server has said it does not accept")
    func tooLarge() async throws {
        try await Office.open { office in
            let first = office.call()
            let hello = try #require(await office.received())
            try await office.sendHello(hello, as: "a", maxBody: 8)
            let request = try #require(await office.received())
            try await office.reply(to: request, "200")
            #expect(await first.value.status == 200)
            guard case .failure(let problem) = await office.call(body: Data("123456789".utf8)).value else {
                return #expect(Bool(false))
            }
            #expect(problem.kind == .tooLarge)
            let fitting = office.call(body: Data("12345678".utf8))
            let next = try #require(await office.received())
            #expect(next.frames[2].count == 8)
            try await office.reply(to: next, "200")
            #expect(await fitting.value.status == 200)
        }
    }

    @Test("passes over what is no message of the protocol, and replies that nobody waits for")
    func noise() async throws {
        try await Office.open { office in
            let call = office.call()
            #expect(await office.received()?.preamble?.kind == .hello)
            let request = try #require(await office.received())
            for frames in [[[]], [[1]], [[1], [2], [3]], [request.frames[0]], [Array("S2".utf8), [], []]] as [[[UInt8]]]
            {
                try await office.send(frames)
            }
            try await office.send(Message(.reply, id: request.id &+ 1, "200"))
            try await office.send(Message(.request, id: request.id, "auth.smoke"))
            try await office.send([request.frames[0], [0xFF], []])
            try await office.reply(to: request, "200")
            try await office.reply(to: request, "500")
            #expect(await call.value.status == 200)
        }
    }

    @Test("may be dropped anywhere without being closed, and releases its connection")
    func dropped() async throws {
        try await FrontRig.open { site in
            let thread = try SocketThread(name: "caller")
            do {
                let caller = ZeroMQCaller(site.address, on: thread, context: try context.get())
                try await caller.start()
                try await eventually { await site.front.hasPeers }
            }
            try await eventually { await !site.front.hasPeers }
            await thread.shutdown()
        }
    }

    @Test("says why CURVE does not let it in, and the front counts it")
    func notAdmitted() async throws {
        try await FrontRig.open(at: "curve") { site in
            let thread = try SocketThread(name: "caller")
            let caller = ZeroMQCaller(
                site.address, on: thread, context: site.context, security: try site.stranger())
            try await caller.start()
            let reply = await caller.call(Call("auth.smoke", timeout: .seconds(5)), SmokeContract.smoke.description)
            guard case .failure(let problem) = reply else { return #expect(Bool(false)) }
            #expect(problem.kind == .unavailable && problem.isUnprocessed)
            #expect(problem.detail.contains("the server does not admit this key (400)"))
            #expect(await site.front.counters.unadmitted > 0)
            await caller.close()
            await thread.shutdown()
        }
    }

    @Test("makes a problem of a reply that has none, or no status", arguments: ["", "abc", "99", "600", "503", "404"])
    func strangeReply(line: String) async throws {
        try await Office.open { office in
            let call = office.call()
            #expect(await office.received()?.preamble?.kind == .hello)
            try await office.reply(to: try #require(await office.received()), line)
            let status = await call.value.status
            #expect(status == (line == "404" ? 404 : 503))
        }
    }
}

extension ZeroMQFront {
    fileprivate var hasPeers: Bool { !peers.isEmpty }
}

/// A caller, and a bare socket that plays the server.
final class Office {
    let caller: ZeroMQCaller
    private var server: LibzmqPeer
    private let address: Address
    private let directory = TemporaryDirectory()
    private var client: [UInt8] = []

    static func open(at scheme: String = "ipc", _ test: (Office) async throws -> Void) async throws {
        let office = try await Office(scheme)
        do {
            try await test(office)
        } catch {
            await office.close()
            throw error
        }
        await office.close()
    }

    private init(_ scheme: String) async throws {
        server = try LibzmqPeer(.router, in: context.get())
        address = try await server.bind(
            to: Address(scheme == "tcp" ? "tcp://127.0.0.1:*" : "ipc://\(directory.path(of: "s"))"))
        caller = ZeroMQCaller(address, on: try SocketThread(name: "caller"), context: try context.get())
        try await caller.start()
        try await eventually { await caller.isConnected }
    }

    private func close() async {
        await caller.close()
        await caller.thread.shutdown()
        await server.close()
    }

    func call(body: Data = Data(), timeout: Duration = .seconds(20)) -> Task<Reply, Never> {
        let caller = caller
        let call = Call("auth.smoke", body: body, timeout: timeout)
        return Task { await caller.call(call, SmokeContract.smoke.description) }
    }

    /// The next message of the client, except PINGs.
    func received() async -> Message? {
        while true {
            let frames = await server.next()
            guard let message = Message(Array(frames.dropFirst())) else { return nil }
            client = frames[0]
            if message.preamble?.kind != .ping { return message }
        }
    }

    func send(_ frames: [[UInt8]]) async throws { try await server.send([client] + frames) }
    func send(_ message: Message) async throws { try await send(message.frames) }

    func reply(to request: Message, _ line: String) async throws {
        try await send(Message(.reply, id: request.id, line))
    }

    func sendHello(_ hello: Message, as instance: String, maxBody: Int? = nil) async throws {
        var head = Headers()
        head.add(.serverInstance, instance)
        head.add(.maxBody, maxBody.map(String.init))
        try await send([Preamble(.hello, id: hello.id).bytes, head.bytes, []])
    }

    /// Goes away without a word, and comes back.
    func restart() async throws {
        await server.close()
        server = try LibzmqPeer(.router, in: context.get())
        // libzmq releases a port shortly after its socket is closed.
        try await eventually { (try? await server.bind(to: address)) != nil }
    }
}
