internal import Foundation
internal import Glibc
internal import Testing
internal import ZMTP
@testable internal import ZeroMQ

@Suite("A listener at its limit", .timeLimit(.minutes(1)))
struct ListenerLimitTests {
    private let context: Context

    init() throws { context = try Context() }

    private var options: SocketOptions {
        var options = SocketOptions.patient
        options.maxConnections = 2
        options.handshakeInterval = .seconds(60)
        return options
    }

    @Test("of connections ends the oldest handshake for the next one")
    func handshakesMakeRoom() async throws {
        try await SocketHost.run(in: context) { host in
            let address = try await host.route(at: try address("tcp://127.0.0.1:*"), options)
            let (first, second) = (try RawConnection(to: address), try RawConnection(to: address))
            for byte in [try first.read().first, try second.read().first] { #expect(byte == 0xFF) }
            let third = try RawConnection(to: address)
            #expect(try third.read().first == 0xFF)
            #expect(try first.readToEnd().count < ZMTPGreeting.bytes.count)
            second.write(RawConnection.hello("DEALER"))
            #expect(await host.next() == .connected)
        }
    }

    @Test("of connections ends the one that has been silent for longest, once the next is ready")
    func silentMakeRoom() async throws {
        try await SocketHost.run(in: context) { host in
            let address = try await host.route(at: try address("tcp://127.0.0.1:*"), options)
            let peers = try (1...2).map { _ in try RawConnection(to: address) }
            for peer in peers {
                peer.write(RawConnection.hello("DEALER"))
                #expect(await host.next() == .connected)
            }
            peers[0].write([0, 1, 7])
            #expect(await host.next() == .message([[7]]))
            // Two that say nothing drive out no peer, but one the other.
            let silent = try RawConnection(to: address)
            #expect(try silent.read().first == 0xFF)
            let next = try RawConnection(to: address)
            #expect(try next.read().first == 0xFF)
            _ = try silent.readToEnd()
            next.write(RawConnection.hello("DEALER"))
            #expect(await host.next() == .disconnected)
            #expect(await host.next() == .connected)
            _ = try peers[1].readToEnd()
            peers[0].write([0, 1, 8])
            #expect(await host.next() == .message([[8]]))
        }
    }

    @Test("for unfinished messages ends the connection whose message has waited for longest, and no other")
    func unfinished() async throws {
        var options = SocketOptions.patient
        options.maxMessageSize = 100_000
        options.maxUnfinished = 0
        try await SocketHost.run(in: context) { host in
            let address = try await host.route(at: try address("tcp://127.0.0.1:*"), options)
            // Two messages may be unfinished in any case.
            let peers = try (1...5).map { _ in try RawConnection(to: address) }
            for peer in peers {
                peer.write(RawConnection.hello("DEALER"))
                #expect(await host.next() == .connected)
            }
            let start: [UInt8] = [2, 0, 0, 0, 0, 0, 1, 0x86, 0xA0]
            for peer in peers[..<4] { peer.write(start + [UInt8](repeating: 7, count: 90_000)) }
            #expect(await host.next() == .disconnected)
            _ = try peers[0].readToEnd()
            peers[4].write([0, 1, 8])
            #expect(await host.next() == .message([[8]]))
            peers[3].write([UInt8](repeating: 7, count: 10_000))
            #expect(await host.next() == .message([[UInt8](repeating: 7, count: 100_000)]))
            // The memory of those that are done is free for others.
            peers[4].write(start + [UInt8](repeating: 7, count: 100_000))
            #expect(await host.next() == .message([[UInt8](repeating: 7, count: 100_000)]))
        }
    }
}
