import Foundation
import Synchronization
import Testing
import Waiting

@testable import HTTPTransport

@Suite("A stream of events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    private let request = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n"
    private let settings = HTTPFront.FrontSettings(
        idleTimeout: .milliseconds(300), heartbeatInterval: .milliseconds(20))

    private func page(_ stream: AsyncStream<Data>, _ type: String = "text/event-stream") -> Page {
        Page("/events", contentType: type) { stream }
    }

    @Test("that is silent has a comment now and then, so that no proxy takes it for dead")
    func heartbeat() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        try await Shop.open(settings, pages: [page(stream)]) { shop in
            source.yield(Data("data: 1\n\n".utf8))
            let answer = try await RawSocket(port: shop.port).send(request) { $0.count(of: "3\r\n:\n\n\r\n") == 3 }
            #expect(answer.contains("9\r\ndata: 1\n\n\r\n"))
            let old = try await RawSocket(port: shop.port).send("GET /events HTTP/1.0\r\n\r\n") {
                $0.hasSuffix(":\n\n:\n\n")
            }
            #expect(old.hasPrefix("HTTP/1.0 200 "))
        }
    }

    @Test("ends for a client that has gone, though there is no event")
    func gone() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        try await Shop.open(settings, pages: [page(stream)]) { shop in
            source.yield(Data("data: 1\n\n".utf8))
            _ = try await RawSocket(port: shop.port).send(request) { $0.contains("data: 1") }
            try await eventually { shop.front.connections.count == 0 }
        }
    }

    @Test("of another type has no comments")
    func otherType() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        let (events, others) = AsyncStream<Data>.makeStream()
        let pages = [
            page(stream, "application/x-ndjson"), Page("/others", contentType: "text/event-stream") { events },
        ]
        try await Shop.open(settings, pages: pages) { shop in
            source.yield(Data("1\n".utf8))
            others.yield(Data("data: 1\n\n".utf8))
            let answer = try await RawSocket(port: shop.port).send(
                request, until: { $0.contains("1\n") },
                then: {
                    // A stream that began later has had some.
                    _ = try await RawSocket(port: shop.port).send(request.replacing("/events", with: "/others")) {
                        $0.count(of: "3\r\n:\n\n\r\n") == 3
                    }
                    source.finish()
                }, "")
            #expect(answer.hasSuffix("2\r\n1\n\r\n0\r\n\r\n"), "\(answer)")
        }
    }

    @Test(
        "ends for a client that does not read it, and holds one event for it meanwhile",
        arguments: ["text/event-stream", "a/b"])
    func slowReader(_ type: String) async throws {
        // Less than what NIO buffers before it calls a channel unwritable.
        let isBegun = Mutex(false)
        let events = AsyncStream {
            isBegun.withLock { $0 = true }
            return Data(repeating: UInt8(ascii: "a"), count: 32 << 10)
        }
        try await Shop.open(settings, pages: [page(events, type)]) { shop in
            let socket = try PlainSocket(port: shop.port)
            socket.send(Array(request.utf8))
            try await eventually { isBegun.withLock(\.self) }
            try await eventually { shop.front.connections.count == 0 }
        }
    }
}
