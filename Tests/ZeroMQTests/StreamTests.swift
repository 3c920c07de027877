internal import EventLoop
internal import Foundation
internal import Glibc
internal import Sockets
internal import Testing
import Waiting
internal import ZMTP
@testable internal import ZeroMQ

@Suite("A socket of this package", .timeLimit(.minutes(1)))
struct StreamTests {
    private let context: Context

    init() throws { context = try Context() }

    private static let frames: [[UInt8]] = [
        [7], [], [UInt8](repeating: 1, count: 255), [UInt8](repeating: 2, count: 256),
        [UInt8](repeating: 3, count: 8 << 20),
    ]

    private var large: SocketOptions {
        var options = SocketOptions.patient
        options.maxMessageSize = 16 << 20
        options.immediate = false
        options.routerMandatory = true
        return options
    }

    @Test(
        "is reached by libzmq over tcp, whatever it binds at, with frames of 0 bytes to 8 MiB",
        arguments: ["127.0.0.1", "[::1]", "localhost", "*"], [Socket.SocketType.dealer, .req])
    func routerOverTCP(host: String, kind: Socket.SocketType) async throws {
        try await SocketHost.run(in: context) { server in
            let address = try await server.route(at: try address("tcp://\(host):*"), large)
            guard case .tcp(host, let port) = address.target else { throw TimedOut() }
            let resolved = try SocketAddress.resolve(host, port: port, operation: "test").compactMap(\.host)
            for target in host == "*" ? ["127.0.0.1", "[::1]"] : resolved {
                var options = large
                options.ipv6 = true
                let peer = try Socket(kind, in: context, options: options)
                try peer.connect(try ZeroMQTests.address("tcp://\(target):\(port)"))
                var message = Multipart(limit: 16)
                for frame in Self.frames { message.append(frame) }
                #expect(try peer.send(&message) == .sent)
                #expect(await server.next() == .connected)
                guard case .message(let frames) = await server.next() else { throw TimedOut() }
                #expect(Array(frames.suffix(Self.frames.count)) == Self.frames)
                // The envelope of a REQ goes back with the answer.
                #expect(await server.send(frames) == .sent)
                #expect(try peer.next() == Self.frames)
                peer.close()
                #expect(await server.next() == .disconnected)
            }
        }
    }

    @Test(
        "reaches libzmq over tcp, also if that comes later, leaves and comes back",
        arguments: ["127.0.0.1", "localhost"])
    func dealerOverTCP(host: String) async throws {
        let port = try freePort(in: context)
        try await SocketHost.run(in: context) { client in
            try await client.deal(with: try address("tcp://\(host):\(port)"), large)
            for _ in 1...2 {
                #expect(await client.send([[1]]) == .unreachable)
                let server = try Socket(.router, in: context, options: large)
                try await eventually { (try? server.bind(try address("tcp://127.0.0.1:\(port)"))) != nil }
                #expect(await client.next() == .connected)
                #expect(await client.send(Self.frames) == .sent)
                let received = try server.next()
                #expect(Array(received.dropFirst()) == Self.frames)
                var message = Multipart(limit: 16)
                for frame in received { message.append(frame) }
                #expect(try server.send(&message) == .sent)
                #expect(await client.next() == .message(Self.frames))
                server.close()
                #expect(await client.next() == .disconnected)
            }
        }
    }

    @Test("publishes over tcp to libzmq, and subscribes to it")
    func publishing() async throws {
        try await SocketHost.run(in: context) { host in
            let address = try await host.publish(at: try address("tcp://127.0.0.1:*"))
            let sub = try Socket(.sub, in: context)
            try sub.subscribe(to: Array("a.".utf8))
            try sub.connect(address)
            var message = Multipart()
            while try !sub.receive(into: &message) {
                await host.publish("b.c", [1])
                await host.publish("a.b", [2])
                await Task.yield()
            }
            #expect(message.text(at: 0) == "a.b" && message.bytes(at: 1) == [2])
        }
        try await SocketHost.run(in: context) { host in
            let pub = try Socket(.pub, in: context, options: .server)
            try await host.subscribe(to: try pub.bind(try address("tcp://127.0.0.1:*")), prefix: "a.")
            #expect(await host.next() == .connected)
            let speaker = Task {
                while !Task.isCancelled {
                    for topic in ["b.c", "a.b"] { _ = try pub.send(Array(topic.utf8), [1]) }
                    await Task.yield()
                }
            }
            #expect(await host.next() == .message([Array("a.b".utf8), [1]]))
            speaker.cancel()
            _ = await speaker.result
        }
    }

    /// Keys, what admits those of clients, and the options of both sides.
    private func curve(admitting: Bool = true) async throws -> (
        server: SocketOptions, client: SocketOptions, authenticator: ZAPHandler
    ) {
        let (keys, clientKeys) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        var allowed = AllowList()
        if admitting { allowed.allow(clientKeys.publicKey, as: "client", in: "test") }
        let authenticator = ZAPHandler(
            context: context, thread: try SocketThread(name: "zap"))
        try await authenticator.start()
        context.admit(allowed)
        var (server, client) = (large, large)
        server.security = .curveServer(keys.secretKey, zapDomain: "test")
        client.security = .curveClient(clientKeys, serverKey: keys.publicKey)
        return (server, client, authenticator)
    }

    @Test(
        "speaks CURVE with libzmq, on either side, with frames of 0 bytes to 8 MiB",
        arguments: [Socket.SocketType.dealer, .req])
    func curveWithLibrary(kind: Socket.SocketType) async throws {
        let (serverOptions, clientOptions, authenticator) = try await curve()
        try await SocketHost.run(in: context) { server in
            let peer = try Socket(kind, in: context, options: clientOptions)
            try peer.connect(try await server.route(at: try address("tcp://127.0.0.1:*"), serverOptions))
            var message = Multipart(limit: 16)
            for frame in Self.frames { message.append(frame) }
            #expect(try peer.send(&message) == .sent)
            #expect(await server.next() == .connected)
            guard case .message(let frames) = await server.next() else { throw TimedOut() }
            #expect(Array(frames.suffix(Self.frames.count)) == Self.frames)
            #expect(await server.send(frames) == .sent)
            #expect(try peer.next() == Self.frames)
        }
        try await SocketHost.run(in: context) { client in
            let server = try Socket(.router, in: context, options: serverOptions)
            try await client.deal(with: try server.bind(try address("tcp://127.0.0.1:*")), clientOptions)
            #expect(await client.next() == .connected)
            #expect(await client.send(Self.frames) == .sent)
            let received = try server.next()
            #expect(Array(received.dropFirst()) == Self.frames)
            var message = Multipart(limit: 16)
            for frame in received { message.append(frame) }
            #expect(try server.send(&message) == .sent)
            #expect(await client.next() == .message(Self.frames))
        }
        await authenticator.stop()
    }

    @Test("is refused by CURVE, says why on both sides, and is admitted as soon as its key is, as a subscriber too")
    func curveRefusal() async throws {
        let (serverOptions, clientOptions, authenticator) = try await curve(admitting: false)
        guard case .curveClient(let keys, _) = clientOptions.security else { throw TimedOut() }
        try await SocketHost.run(in: context) { server in
            let address = try await server.publish(at: try address("tcp://127.0.0.1:*"), serverOptions)
            try await SocketHost.run(in: context) { client in
                try await client.subscribe(to: address, prefix: "a", clientOptions)
                #expect(await client.next() == .refused("the server does not admit this key (400)"))
                #expect(await client.next() == .disconnected)
                var allowed = AllowList()
                allowed.allow(keys.publicKey, as: "client", in: "test")
                context.admit(allowed)
                while let event = await client.next(), event != .connected {}
                let speaker = Task {
                    while !Task.isCancelled {
                        await server.publish("a", [1])
                        await Task.yield()
                    }
                }
                #expect(await client.next() == .message([Array("a".utf8), [1]]))
                speaker.cancel()
                await authenticator.stop()
            }
        }
    }

    @Test("learns if the server has another key than it expects")
    func curveOtherServer() async throws {
        var (serverOptions, clientOptions, authenticator) = try await curve()
        guard case .curveClient(let keys, _) = clientOptions.security else { throw TimedOut() }
        clientOptions.security = .curveClient(keys, serverKey: try CurveKeyPair.generate().publicKey)
        serverOptions.linger = .zero
        try await SocketHost.run(in: context) { [serverOptions, clientOptions] server in
            let address = try await server.route(at: try address("tcp://127.0.0.1:*"), serverOptions)
            try await SocketHost.run(in: context) { client in
                try await client.deal(with: address, clientOptions)
                let reason = "the server has ended the handshake: it may have another key"
                #expect(await client.next() == .refused(reason))
                #expect(await server.next() == .refused("it expects another server's key"))
            }
        }
        await authenticator.stop()
    }

    @Test("learns if something else than its server listens there")
    func otherProtocol() async throws {
        try await SocketHost.run(in: context) { server in
            let place = try await server.publish(at: try address("tcp://127.0.0.1:*"))
            try await SocketHost.run(in: context) { client in
                try await client.deal(with: place)
                let reason = "something else listens there (a PUB socket cannot talk to a DEALER)"
                #expect(await client.next() == .refused(reason))
            }
        }
    }

    @Test(
        "says what it is that connects, if it is no peer",
        arguments: [
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), "the greeting does not begin with FF"),
            ([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 5], "the peer speaks ZMTP 1"),
            (RawConnection.hello("SUB"), "a SUB socket cannot talk to a ROUTER"),
        ])
    func stranger(bytes: [UInt8], fault: String) async throws {
        try await SocketHost.run(in: context) { host in
            let peer = try RawConnection(to: try await host.route(at: try address("tcp://127.0.0.1:*")))
            peer.write(bytes)
            #expect(await host.next() == .refused("the handshake has failed (\(fault))"))
            #expect(await host.next() == .disconnected)
        }
    }

    @Test("disconnects a peer whose message over tcp never ends, and holds little of it")
    func endless() async {
        // In a process of its own, in which nothing else takes memory.
        await #expect(processExitsWith: .success) {
            try await SocketHost.run(in: try Context()) { host in
                var options = SocketOptions.patient
                options.maxMessageSize = 1 << 20
                let peer = try RawConnection(to: try await host.route(at: try address("tcp://127.0.0.1:*"), options))
                peer.write(RawConnection.hello("DEALER"))
                let before = residentBytes()
                let frames = [UInt8]((0..<4096).flatMap { _ in [1, 14] + [UInt8](repeating: 0, count: 14) })
                var sent = 0
                while sent < 64 << 20, peer.write(frames) { sent += frames.count }
                #expect(sent < 32 << 20)
                #expect(await host.next() == .connected)
                guard case .violation = await host.next() else { return #expect(Bool(false)) }
                #expect(await host.next() == .disconnected)
                #expect(residentBytes() - before < 16 << 20)
            }
        }
    }

    @Test("disconnects a peer that says nothing sensible within the time for the handshake")
    func handshake() async throws {
        try await SocketHost.run(in: context) { host in
            var options = SocketOptions.patient
            options.handshakeInterval = .milliseconds(100)
            let peer = try RawConnection(to: try await host.route(at: try address("tcp://127.0.0.1:*"), options))
            peer.write(ZMTPGreeting.bytes)
            #expect(try peer.readToEnd().starts(with: ZMTPGreeting.bytes))
        }
    }

    @Test("sends heartbeats over tcp, and disconnects a peer that does not answer them")
    func heartbeats() async throws {
        try await SocketHost.run(in: context) { host in
            var options = SocketOptions.server
            options.heartbeat = .init(
                interval: .milliseconds(50), timeout: .milliseconds(150), timeToLive: .milliseconds(700))
            let peer = try RawConnection(to: try await host.route(at: try address("tcp://127.0.0.1:*"), options))
            peer.write(RawConnection.hello("DEALER"))
            let heard = try peer.readToEnd()
            let ping: [UInt8] = [4, 7, 4] + Array("PING".utf8) + [0, 7]
            #expect(heard.firstRange(of: ping) != nil)
            #expect(await host.next() == .connected)
            #expect(await host.next() == .disconnected)
        }
    }

    @Test("keeps a silent peer of ZMTP 3.0, which would take a heartbeat for a message")
    func noHeartbeats() async throws {
        try await SocketHost.run(in: context) { host in
            var options = SocketOptions.server
            options.heartbeat = .init(
                interval: .milliseconds(20), timeout: .milliseconds(60), timeToLive: .milliseconds(700))
            let place = try await host.route(at: try address("tcp://127.0.0.1:*"), options)
            let (old, new) = (try RawConnection(to: place), try RawConnection(to: place))
            var hello = RawConnection.hello("DEALER")
            hello[11] = 0
            old.write(hello)
            #expect(await host.next() == .connected)
            // The other shows how much time has passed.
            new.write(RawConnection.hello("DEALER"))
            #expect(await host.next() == .connected)
            _ = try new.readToEnd()
            #expect(await host.next() == .disconnected)
            old.write([0, 1, 7])
            #expect(await host.next() == .message([[7]]))
            let malformed: [UInt8] = [8, 1, 1]
            old.write(malformed)
            #expect(try old.readToEnd().firstRange(of: Array("PING".utf8)) == nil)
        }
    }

    @Test("gives a peer up after the time to live that this has asked for, and not before")
    func timeToLive() async throws {
        try await SocketHost.run(in: context) { host in
            let peer = try RawConnection(to: try await host.route(at: try address("tcp://127.0.0.1:*")))
            let start = ContinuousClock.now
            peer.write(RawConnection.hello("DEALER") + [4, 7, 4] + Array("PING".utf8) + [0, 3])
            let heard = try peer.readToEnd()
            #expect(heard.suffix(7) == [4, 5, 4] + Array("PONG".utf8))
            #expect(start.duration(to: .now) >= .milliseconds(300))
            #expect(await host.next() == .connected)
            #expect(await host.next() == .disconnected)
        }
    }

    @Test("keeps a peer of libzmq that has heartbeats, over tcp")
    func libraryHeartbeats() async throws {
        try await SocketHost.run(in: context) { host in
            var options = SocketOptions.client
            options.heartbeat = .init(
                interval: .milliseconds(100), timeout: .milliseconds(200), timeToLive: .milliseconds(300))
            let peer = try Socket(.dealer, in: context, options: options)
            let monitor = try peer.monitor()
            try peer.connect(try await host.route(at: try address("tcp://127.0.0.1:*")))
            _ = try monitor.wait(for: .handshakeSucceeded)
            #expect(await host.next() == .connected)
            #expect(try monitor.socket.staysSilent(for: .milliseconds(700)))
            #expect(await host.send([[1]]) == .sent)
            #expect(try peer.next() == [[1]])
        }
    }

    @Test(
        "names the cause if it cannot listen",
        arguments: [
            ("tcp://no-such-host.invalid:*", "no-such-host.invalid cannot be resolved"),
            ("tcp://192.0.2.1:*", "Cannot assign requested address"),
            ("ipc:///proc/none/s", "make the directory /proc/none"),
        ])
    func causes(place: String, reason: String) async throws {
        try await SocketHost.run(in: context) { host in
            let error = await #expect(throws: ZeroMQError.self) { try await host.route(at: try address(place)) }
            #expect(error?.description.contains(reason) == true)
            #expect(error?.description.contains(place) == true)
        }
    }

    @Test("learns if somebody listens there already", arguments: ["tcp://127.0.0.1", "tcp://*", "inproc://taken"])
    func taken(place: String) async throws {
        try await SocketHost.run(in: context) { first in
            try await SocketHost.run(in: context) { second in
                let isTCP = place.hasPrefix("tcp")
                let address = try await first.route(at: try address(isTCP ? place + ":*" : place))
                let error = await #expect(throws: ZeroMQError.self) { try await second.route(at: address) }
                #expect(error?.name == "EADDRINUSE")
                await first.close()
                try await second.route(at: address)
            }
        }
    }

    @Test("connects within the process, whoever comes first, and notices the end of the other side at once")
    func inProcess() async throws {
        let address = try Unique.inproc()
        try await SocketHost.run(in: context) { client in
            try await client.deal(with: address)
            for _ in 1...2 {
                try await SocketHost.run(in: context) { server in
                    try await server.route(at: address)
                    #expect(await client.next() == .connected)
                    #expect(await server.next() == .connected)
                    #expect(await client.send(Self.frames.dropLast()) == .sent)
                    #expect(await server.next() == .message(Self.frames.dropLast()))
                    #expect(await server.send([[1]]) == .sent)
                    #expect(await client.next() == .message([[1]]))
                }
                #expect(await client.next() == .disconnected)
            }
        }
    }
}
