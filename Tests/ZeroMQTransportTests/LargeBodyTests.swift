import EventLoop
import Foundation
import Testing
import Waiting
import ZMTP
import ZeroMQ

@testable import ZeroMQTransport

@Suite("A large body", .timeLimit(.minutes(1)))
struct LargeBodyTests {
    /// Around the size from which on a body is not copied, and around those of a read, in one stream.
    private static let sizes = [
        10, 40_000, 40_000, 300_000, 0, 32_767, 32_768, 65_000, 66_000, 1 << 20, 5, 200_000, 3, 131_072, 2 << 20, 1,
        700_000,
    ]

    @Test("stays as it came, whatever comes after it", arguments: ["ipc", "tcp", "curve"])
    func keeping(wire: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString.prefix(8))
        defer { try? FileManager.default.removeItem(at: folder) }
        let context = try Context()
        var (server, client) = (SocketOptions.server, SocketOptions.client)
        server.maxMessageSize = 4 << 20
        if wire == "curve" {
            let (keys, peer) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
            var allowed = AllowList()
            allowed.allow(peer.publicKey, as: "peer", in: "large")
            context.admit(allowed)
            server.security = .curveServer(keys.secretKey, zapDomain: "large")
            client.security = .curveClient(peer, serverKey: keys.publicKey)
        }
        let ends = try Ends()
        let address = try Address(wire == "ipc" ? "ipc://\(folder.path)/s" : "tcp://127.0.0.1:*")
        try await ends.open(at: address, in: context, server, client)
        try await eventually { await ends.isConnected }
        let bodies = Self.sizes.enumerated().map { Data(repeating: UInt8($0), count: $1) }
        for body in bodies { await ends.send(body) }
        try await eventually { await ends.received.count == bodies.count }
        #expect(await ends.received == bodies)
        #expect(await ends.uncopied >= 4)
        await ends.close()
        await ends.thread.shutdown()
    }
}

/// A client and a server on one thread.
private actor Ends: ThreadBound {
    nonisolated let thread: SocketThread
    private var router: Router?
    private var dealer: Dealer?
    private(set) var isConnected = false
    private(set) var received: [Data] = []
    /// The number of bodies that lie where they were read to.
    private(set) var uncopied = 0

    init() throws { thread = try SocketThread(name: "large") }

    func open(at address: Address, in context: Context, _ server: SocketOptions, _ client: SocketOptions) throws {
        let router = try Router(at: address, in: context, options: server, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.record(event) }
        }
        self.router = router
        // With CURVE the server is done with the handshake before its client.
        dealer = try Dealer(to: router.address, in: context, options: client, on: thread) { [weak self] event in
            if case .connected = event { self?.assumeIsolated { $0.isConnected = true } }
        }
    }

    /// A test that fails does not come to its end.
    isolated deinit { close() }

    private func record(_ event: SocketEvent) {
        switch event {
        case .message(let frames, from: _):
            let body = frames.data(at: 2)
            received.append(body)
            if body.withUnsafeBytes({ $0.baseAddress == frames[2].baseAddress }) { uncopied += 1 }
        default: break
        }
    }

    func send(_ body: Data) {
        #expect(dealer?.send(RPCMessage(Preamble(.request, id: 1), body: body)) == .sent)
    }

    func close() {
        dealer?.close()
        router?.close()
    }
}
