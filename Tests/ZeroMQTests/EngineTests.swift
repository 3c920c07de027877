internal import EventLoop
internal import Foundation
internal import Testing
internal import Waiting
internal import ZMTP
@testable internal import ZeroMQ

@Suite("Either engine", .timeLimit(.minutes(1)))
struct EngineTests {
    /// The engine that listens, and the one that connects.
    static let pairs: [(Engine, Engine)] = [(.libzmq, .libzmq), (.libzmq, .builtIn), (.builtIn, .libzmq)]
    static let places = ["ipc", "tcp://127.0.0.1:*", "tcp://[::1]:*", "tcp://localhost:*", "tcp://*:*"]

    private static let frames: [[UInt8]] = [
        [7], [], [UInt8](repeating: 3, count: 256), [UInt8](repeating: 4, count: 1 << 20),
    ]

    /// Runs a test with a host on each side.
    private func run(
        _ engines: (Engine, Engine), _ test: (_ server: SocketHost, _ client: SocketHost) async throws -> Void
    ) async throws {
        let (context, other) = (try Context(engine: engines.0), try Context(engine: engines.1))
        try await SocketHost.run(in: context) { server in
            try await SocketHost.run(in: other) { client in try await test(server, client) }
        }
    }

    private func place(_ text: String) throws -> Address {
        try address(text == "ipc" ? "ipc://\(Unique.path())" : text)
    }

    private func reachable(_ address: Address) throws -> Address {
        try ZeroMQTests.address(address.description.replacing("*:", with: "127.0.0.1:"))
    }

    @Test("speaks where its context says, and within a process this package does", arguments: Engine.allCases)
    func choice(engine: Engine) async throws {
        let context = try Context(engine: engine)
        #expect(context.engine(for: try address("tcp://127.0.0.1:1")) == engine)
        #expect(context.engine(for: try address("ipc://a/b")) == engine)
        #expect(context.engine(for: try address("inproc://a")) == .builtIn)
        let thread = try SocketThread(name: "choice")
        let speaks = try await thread.run {
            let listener = try EngineListener(
                as: .router, at: try address("tcp://127.0.0.1:*"), in: context, options: .server, on: thread
            ) { _ in }
            defer { listener.close() }
            return switch listener {
            case .builtIn: Engine.builtIn
            case .libzmq: Engine.libzmq
            }
        }
        #expect(speaks == engine)
        await thread.shutdown()
    }

    @Test("carries messages both ways, and learns who has come and gone", arguments: pairs, places)
    func messages(engines: (Engine, Engine), text: String) async throws {
        try await run(engines) { server, client in
            let address = try reachable(try await server.route(at: try place(text)))
            for _ in 1...3 {
                try await client.deal(with: address)
                #expect(await client.next() == .connected)
                #expect(await client.send(Self.frames) == .sent)
                #expect(await server.next() == .connected)
                #expect(await server.next() == .message(Self.frames))
                #expect(await server.send(Self.frames) == .sent)
                #expect(await client.next() == .message(Self.frames))
                await client.close()
                #expect(await server.next() == .disconnected)
                #expect(await server.send([[1]]) == .unreachable)
            }
        }
    }

    @Test("notices that a server has gone, and finds its successor", arguments: pairs)
    func returning(engines: (Engine, Engine)) async throws {
        try await run(engines) { server, client in
            let address = try await server.route(at: try place("tcp://127.0.0.1:*"))
            try await client.deal(with: address)
            for count in 1...3 {
                if count > 1 { try await eventually { (try? await server.route(at: address)) != nil } }
                #expect(await client.next() == .connected)
                #expect(await client.send([[1]]) == .sent)
                #expect(await server.next() == .connected)
                #expect(await server.next() == .message([[1]]))
                await server.close()
                #expect(await client.next() == .disconnected)
                #expect(await client.send([[1]]) == .unreachable)
            }
        }
    }

    @Test("publishes to those who have subscribed", arguments: pairs, places)
    func publishing(engines: (Engine, Engine), text: String) async throws {
        try await run(engines) { server, client in
            let address = try reachable(try await server.publish(at: try place(text)))
            try await client.subscribe(to: address, prefix: "a.")
            #expect(await client.next() == .connected)
            let speaker = Task {
                while !Task.isCancelled {
                    await server.publish("b.c", [1])
                    await server.publish("a.b", [2])
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            #expect(await client.next() == .message([Array("a.b".utf8), [2]]))
            speaker.cancel()
            _ = await speaker.result
        }
    }

    @Test("replies at once to what has such a reply, and hands on the rest", arguments: pairs + [(.builtIn, .builtIn)])
    func quickReply(engines: (Engine, Engine)) async throws {
        try await run(engines) { server, client in
            let address = try await server.route(at: try place("ipc")) { frames, reply in
                guard frames.count == 2, frames[0].first == 1 else { return false }
                reply(frames[1], false)
                reply(frames[0], true)
                return true
            }
            try await client.deal(with: address)
            #expect(await client.next() == .connected)
            for message in [[1], [2], [3]] as [[UInt8]] { #expect(await client.send([message, [7, 8]]) == .sent) }
            #expect(await client.next() == .message([[7, 8], [1]]))
            #expect(await server.next() == .connected)
            #expect(await server.next() == .message([[2], [7, 8]]))
            #expect(await server.next() == .message([[3], [7, 8]]))
            #expect(await server.send([[4]]) == .sent)
            #expect(await client.next() == .message([[4]]))
        }
    }

    @Test("reports a peer that reads too slowly, and when it has caught up", arguments: pairs)
    func slowReader(engines: (Engine, Engine)) async throws {
        try await run(engines) { server, client in
            try await client.deal(with: try await server.route(at: try place("ipc")))
            #expect(await client.next() == .connected)
            #expect(await client.send([[1]]) == .sent)
            #expect(await server.next() == .connected)
            #expect(await server.next() == .message([[1]]))
            let body = [UInt8](repeating: 9, count: 64 * 1024)
            let gate = DispatchSemaphore(value: 0)
            async let held: Void = client.thread.run { _ = gate.wait(timeout: .now() + 10) }
            var sent = 0
            while await server.send([body]) == .sent { sent += 1 }
            gate.signal()
            await held
            for _ in 0..<sent { #expect(await client.next() == .message([body])) }
            #expect(await server.next() == .writable)
            #expect(await server.send([[2]]) == .sent)
            #expect(await client.next() == .message([[2]]))
        }
    }

    @Test("admits whoever has a key for CURVE, and says why it does not", arguments: pairs)
    func curve(engines: (Engine, Engine)) async throws {
        let (keys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let context = try Context(engine: engines.0)
        let zap = ZAPHandler(context: context, thread: try SocketThread(name: "zap"))
        try await zap.start()
        var (server, client) = (SocketOptions.patient, SocketOptions.client)
        server.security = .curveServer(keys.secretKey, zapDomain: "test")
        client.security = .curveClient(clientKeys, serverKey: keys.publicKey)
        try await SocketHost.run(in: context) { [server, client] host in
            let address = try await host.route(at: try place("tcp://127.0.0.1:*"), server)
            try await SocketHost.run(in: try Context(engine: engines.1)) { peer in
                try await peer.deal(with: address, client)
                #expect(await peer.next() == .refused("the server does not admit this key (400)"))
                #expect(await host.next() == .refused("its key is not admitted"))
                var allowed = AllowList()
                allowed.allow(clientKeys.publicKey, as: "client", in: "test")
                context.admit(allowed)
                while let event = await peer.next(), event != .connected {}
                #expect(await peer.send(Self.frames) == .sent)
                while let event = await host.next(), event != .message(Self.frames) {}
                #expect(await host.send(Self.frames) == .sent)
                #expect(await peer.next() == .message(Self.frames))
            }
            try await SocketHost.run(in: try Context(engine: engines.1)) { peer in
                var other = client
                other.security = .curveClient(clientKeys, serverKey: try CurveKeyPair.generate().publicKey)
                try await peer.deal(with: address, other)
                #expect(await peer.next() == .refused("the server has ended the handshake: it may have another key"))
                while let event = await host.next(), event != .refused("it expects another server's key") {}
            }
        }
        await zap.stop()
        await zap.thread.shutdown()
    }
}
