import Foundation
import NIOCore
import NIOPosix
import Sockets
import Synchronization
import Testing
import Waiting
import Web

@testable import HTTPTransport

@Suite("Where the HTTP front listens", .timeLimit(.minutes(1)))
struct ListeningTests {
    private static let request = "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test(
        "is every address that its hosts name, at one port",
        arguments: [
            (["*"], ["127.0.0.1", "127.0.0.2", "::1"]), (["::"], ["127.0.0.1", "::1"]), (["[::]"], ["::1"]),
            (["0.0.0.0"], ["127.0.0.1", "127.0.0.2"]), (["0.0.0.0", "::"], ["127.0.0.1", "::1"]),
            (["*", "0.0.0.0"], ["127.0.0.1", "::1"]), (["[::1]"], ["::1"]),
            (["::1", "127.0.0.1"], ["127.0.0.1", "::1"]),
            (["localhost"], ["127.0.0.1"]),
            (["127.0.0.1", "localhost", "127.0.0.1"], ["127.0.0.1"]),
            (["127.0.0.2", "127.0.0.3"], ["127.0.0.2", "127.0.0.3"]),
        ])
    func everywhere(hosts: [String], reached: [String]) async throws {
        try await Shop.open(HTTPFront.FrontSettings(hosts: hosts)) { shop in
            for host in reached {
                let answer = try await RawSocket(host: host, port: shop.port).send(Self.request) { _ in false }
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(host)")
            }
        }
    }

    @Test(
        "is reported as an address that can be reached",
        arguments: [
            ("*", "http://127.0.0.1:1"), ("::", "http://127.0.0.1:1"), ("[::]", "http://127.0.0.1:1"),
            ("0.0.0.0", "http://127.0.0.1:1"), ("::1", "http://[::1]:1"), ("[::1]", "http://[::1]:1"),
            ("localhost", "http://localhost:1"), ("10.0.0.1", "http://10.0.0.1:1"),
        ])
    func url(host: String, url: String) {
        #expect(HTTPFront.url(host: host, port: 1) == url)
    }

    @Test("names a host that has no address")
    func unknown() {
        let error = #expect(throws: UnknownHost.self) { try ListenAddress.resolve(["127.0.0.1", "no such host"]) }
        #expect(error?.description.contains("“no such host”") == true)
    }

    @Test("says in the system's words why it cannot, and in no others")
    func taken() async throws {
        try await Shop.open { shop in
            let error = await #expect(throws: ListenError.self) {
                try await Shop.open(HTTPFront.FrontSettings(port: shop.port)) { _ in }
            }
            #expect(error.map { "\($0)" } == "Address already in use")
        }
    }

    @Test("has room for so many connections: one more takes the place of the one that has been idle for longest")
    func limit() async throws {
        try await Shop.open(HTTPFront.FrontSettings(connectionLimit: 3)) { shop in
            let sockets = [try await RawSocket(port: shop.port), try await RawSocket(port: shop.port)]
            try await eventually { shop.front.connections.count == 2 }
            let busy = Task { try await shop.send("GET", "/shop/wait", ["X-Timeout-Ms": "2000"]) }
            #expect(await shop.service.next() == .waiting)
            let answer = try await RawSocket(port: shop.port).send(Self.request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            try await sockets[0].waitForEnd()
            let other = try await sockets[1].send(Self.request) { _ in false }
            #expect(other.hasPrefix("HTTP/1.1 200 "))
            #expect(try await busy.value.status == 504)
        }
    }

    @Test("answers those who come while all connections are busy")
    func full() async throws {
        try await Shop.open(HTTPFront.FrontSettings(connectionLimit: 1)) { shop in
            async let busy = RawSocket(port: shop.port).send(
                "GET /shop/wait HTTP/1.1\r\nHost: a\r\nX-Timeout-Ms: 500\r\n\r\n"
            ) { $0.contains("504") }
            #expect(await shop.service.next() == .waiting)
            let answer = try await RawSocket(port: shop.port).send(Self.request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(try await busy.contains("504"))
            let next = try await RawSocket(port: shop.port).send(Self.request) { _ in false }
            #expect(next.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("accepts connections and replies to health checks while event loops are busy", arguments: ["GET", "HEAD"])
    func busy(method: String) async throws {
        try await Shop.open { shop in
            let busy = BusyLoops()
            defer { busy.end() }
            let others = try (0..<100).map { _ in try PlainSocket(port: shop.port) }
            try await eventually { shop.front.connections.count == 100 }
            others[0].send(Array(Self.request.utf8))
            let check = try PlainSocket(port: shop.port)
            check.send(Array("\(method) /health/live HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            #expect(check.receive(within: 20_000).hasPrefix("HTTP/1.1 200 "))
            #expect(others[0].receive(within: 100) == "")
            busy.end()
            #expect(others[0].receive(within: 20_000).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("forgets connections that are closed before they have sent anything")
    func closedAtOnce() async throws {
        try await Shop.open { shop in
            for _ in 0..<50 { _ = try PlainSocket(port: shop.port) }
            let answer = try await RawSocket(port: shop.port).send(Self.request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            try await eventually { shop.front.connections.count == 0 }
        }
    }

    @Test("closes connections that no event loop has begun to serve before the front stops")
    func tooLate() async throws {
        try await Shop.open { shop in
            let busy = BusyLoops()
            defer { busy.end() }
            let late = try (0..<20).map { _ in try PlainSocket(port: shop.port) }
            for socket in late { socket.send(Array(Self.request.utf8)) }
            try await eventually { shop.front.connections.count == 20 }
            await shop.front.stop()
            busy.end()
            try await eventually { shop.front.connections.count == 0 }
            for socket in late { #expect(socket.receive(within: 20_000) == "") }
        }
    }

    @Test("takes many connections that say nothing, and answers all the same")
    func silent() async throws {
        try await Shop.open(HTTPFront.FrontSettings(connectionLimit: 20)) { shop in
            var silent: [PlainSocket] = []
            for _ in 0..<300 { silent.append(try PlainSocket(port: shop.port)) }
            let answer = try await RawSocket(port: shop.port).send(Self.request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            try await eventually { shop.front.connections.count <= 20 }
            withExtendedLifetime(silent) {}
        }
    }
}

/// Keeps all event loops that connections share from doing anything.
private final class BusyLoops: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let count = Mutex(0)

    init() {
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
            count.withLock { $0 += 1 }
            loop.execute { [gate] in gate.wait() }
        }
    }

    func end() {
        count.withLock { count in
            for _ in 0..<count { gate.signal() }
            count = 0
        }
    }
}
