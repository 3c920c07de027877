import Noise
import Testing

@testable import ZMTP

@Suite("A session with CURVE")
struct CurveTests {
    private let server = Sodium.makeKeyPair()
    private let client = Sodium.makeKeyPair()

    private func ends(
        _ serverRole: ZMTPSession.SocketRole = .router, _ clientRole: ZMTPSession.SocketRole = .dealer,
        admits: Bool = true,
        serverKey: [UInt8]? = nil
    ) -> (server: End, client: End) {
        let known = client.public
        return (
            End(serverRole, .server(secretKey: server.secret) { admits && $0 == known ? "ada" : nil }),
            End(
                clientRole,
                .client(publicKey: client.public, secretKey: client.secret, serverKey: serverKey ?? server.public))
        )
    }

    /// Passes what each end writes on to the other until both are silent.
    private func exchange(
        _ server: End, _ client: End, in size: Int = .max
    ) throws -> (server: [End.Event], client: [End.Event]) {
        var events: (server: [End.Event], client: [End.Event]) = ([], [])
        while true {
            let (fromServer, fromClient) = (server.written(), client.written())
            if fromServer.isEmpty, fromClient.isEmpty { return events }
            events.client += try client.read(fromServer, in: size)
            events.server += try server.read(fromClient, in: size)
        }
    }

    private func send(_ frames: [[UInt8]], from end: End) {
        for (index, frame) in frames.enumerated() {
            frame.withUnsafeBytes { end.session.output.append(frame: $0, isLast: index == frames.count - 1) }
        }
    }

    @Test("shakes hands, knows the peer's name, and carries messages both ways", arguments: [1, 7, .max])
    func messages(size: Int) throws {
        let (server, client) = ends()
        let events = try exchange(server, client, in: size)
        #expect(events.server == [.ready] && events.client == [.ready])
        #expect(server.session.peerName == "ada")
        let frames: [[UInt8]] = [[], [1], [UInt8](repeating: 2, count: 255), [UInt8](repeating: 3, count: 100_000)]
        for _ in 1...2 {
            server.session.ping(timeToLive: .seconds(1))
            send(frames, from: server)
            send(frames.reversed(), from: client)
            let events = try exchange(server, client, in: size)
            #expect(events.client == [.expiry(.seconds(1)), .message(frames, total: 4)])
            #expect(events.server == [.message(frames.reversed(), total: 4)])
        }
        let many = (0..<1000).map { [UInt8(truncatingIfNeeded: $0)] }
        send(many, from: client)
        #expect(try exchange(server, client).server == [.message(Array(many.prefix(12)), total: 1000)])
    }

    @Test("says nothing in clear after the handshake")
    func secret() throws {
        let (server, client) = ends()
        _ = try exchange(server, client)
        send([Array("a secret".utf8)], from: client)
        let bytes = client.written()
        #expect(bytes.firstRange(of: Array("secret".utf8)) == nil)
        #expect(bytes.starts(with: [0, 41, 7] + Array("MESSAGE".utf8)))
    }

    @Test("takes subscriptions")
    func subscriptions() throws {
        let (server, client) = ends(.pub, .sub)
        _ = try exchange(server, client)
        client.session.output.append(subscription: Array("a.".utf8))
        _ = try exchange(server, client)
        #expect(Array("a.b".utf8).withUnsafeBytes { server.session.subscriptions.match($0) })
        #expect(!Array("b".utf8).withUnsafeBytes { server.session.subscriptions.match($0) })
    }

    @Test("refuses a key that is not admitted, and says so to the client")
    func unknownKey() throws {
        let (server, client) = ends(admits: false)
        let events = try exchange(server, client)
        #expect(events.server == [.refused] && events.client == [.refused])
        #expect(!server.isReady && !client.isReady)
    }

    @Test("refuses a client that expects another server")
    func otherServer() throws {
        let (server, client) = ends(serverKey: Sodium.makeKeyPair().public)
        let events = try exchange(server, client)
        #expect(events.server == [.refused] && events.client == [])
    }

    @Test("refuses a peer that has no CURVE, and ends with one that leaves it")
    func clear() throws {
        let (server, _) = ends()
        #expect(try server.read(ZMTPGreeting.bytes + RFC37.ready("DEALER")) == [.refused])
        let message = RFC37.frame([1], isLast: true)
        for bytes in [message, RFC37.command("PING", [0, 0]), RFC37.frame([1], isLast: false) + message] {
            let (server, client) = ends()
            _ = try exchange(server, client)
            #expect(throws: ZMTPError.self) { try server.read(bytes) }
        }
    }

    @Test("ends with a frame that comes twice, is changed, or comes back")
    func forged() throws {
        func written() throws -> (End, [UInt8]) {
            let (server, client) = ends()
            _ = try exchange(server, client)
            send([[1, 2, 3]], from: client)
            return (server, client.written())
        }
        let (server, bytes) = try written()
        #expect(try server.read(bytes) == [.message([[1, 2, 3]], total: 1)])
        #expect(throws: ZMTPError.self) { try server.read(bytes) }
        for index in 2..<bytes.count {
            let (server, whole) = try written()
            var bytes = whole
            bytes[index] ^= 1
            #expect(throws: ZMTPError.self) { try server.read(bytes) }
        }
        let (one, other) = ends()
        _ = try exchange(one, other)
        send([[1]], from: one)
        let own = one.written()
        #expect(throws: ZMTPError.self) { try one.read(own) }
    }

    @Test("ends with a message that never does")
    func endless() throws {
        let (server, client) = ends()
        _ = try exchange(server, client)
        #expect(throws: ZMTPError.self) {
            for _ in 0..<2000 {
                [UInt8](repeating: 0, count: 200).withUnsafeBytes {
                    client.session.output.append(frame: $0, isLast: false)
                }
                try server.read(client.written())
            }
        }
    }

    @Test("survives whatever comes, at each step of the handshake", arguments: 0..<100 as Range<UInt64>)
    func noise(seed: UInt64) throws {
        var noise = Noise(seed: seed)
        let (server, client) = ends()
        for _ in 0..<8 {
            for (from, to) in [(client, server), (server, client)] {
                var bytes = from.written()
                if !bytes.isEmpty, noise.next() % 3 == 0 {
                    bytes[Int(noise.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: noise.next())
                    if noise.next() % 4 == 0 { bytes.removeLast(Int(noise.next() % UInt64(bytes.count))) }
                    if noise.next() % 4 == 0 { bytes += noise.bytes(40) }
                }
                guard (try? to.read(bytes, in: 1 + Int(noise.next() % 99))) != nil else { return }
            }
            if client.isReady { send([noise.bytes(20), []], from: client) }
        }
    }
}
