import Foundation
import RPCTesting
import Synchronization
import Testing
import Waiting
import Web

@testable import HTTPTransport

@Suite("A connection of the HTTP front", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private static let small = HTTPFront.FrontSettings(bodyLimit: 1000)

    @Test("is kept over errors")
    func keepAlive() async throws {
        try await Shop.open { shop in
            let socket = try await RawSocket(port: shop.port)
            let requests = [
                "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{{{",
                "PATCH /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                "OPTIONS /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                "HEAD /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://a/shop/items/7?name=b HTTP/1.1\r\nHost: a\r\n\r\n",
            ]
            let answer = try await socket.send(requests) { $0.contains(#"{"text":"7 b"}"#) }
            let statuses = answer.matches(of: /HTTP\/1\.1 (\d+)/).map { String($0.1) }
            #expect(statuses == ["404", "400", "405", "204", "200", "200"])
        }
    }

    @Test("gets a 413 for a body that says it is too long, before it is sent")
    func declared() async throws {
        try await Shop.open(Self.small) { shop in
            let socket = try await RawSocket(port: shop.port)
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n"
            let answer = try await socket.send(head) { $0.contains("too_large") }
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.lowercased().contains("connection: close"))
        }
    }

    @Test("gets a 413 for a body that turns out too long, though the client writes it all before it reads")
    func chunked() async throws {
        try await Shop.open(Self.small) { shop in
            let socket = try await RawSocket(port: shop.port)
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            let chunk = "100000\r\n" + String(repeating: "a", count: 0x10_0000) + "\r\n"
            let parts = [head] + Array(repeating: chunk, count: 16) + ["0\r\n\r\n"]
            let answer = try await socket.send(parts) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(!answer.contains("("), "The connection was reset.")
            #expect(shop.journal.summary == ["shop.add 413"])
        }
    }

    @Test("takes a body just within the limit")
    func limit() async throws {
        try await Shop.open(Self.small) { shop in
            let name = String(repeating: "a", count: 1000 - #"{"id":7,"name":""}"#.utf8.count)
            let body = #"{"id":7,"name":"\#(name)"}"#
            try await #expect(shop.send("POST", "/shop/items", body: body).status == 201)
            try await #expect(shop.send("POST", "/shop/items", body: body + " ").status == 413)
            try await #expect(shop.send("GET", "/shop/bare").status == 200)
        }
    }

    @Test("may go on where the client asks before it sends a body")
    func expectContinue() async throws {
        try await Shop.open { shop in
            let socket = try await RawSocket(port: shop.port)
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n"
            let answer = try await socket.send([head, #"{"id":7}"#]) { $0.contains("data") }
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
        }
    }

    @Test(
        "with rubbish on it is answered with 400 and closed",
        arguments: [
            "\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /shop/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ])
    func rubbish(bytes: String) async throws {
        try await Shop.open { shop in
            let answer = try await RawSocket(port: shop.port).send(bytes) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("Connection: close"), "\(answer)")
            #expect(answer.contains("Content-Type: application/problem+json") && answer.hasSuffix("}"), "\(answer)")
            #expect(answer.contains(#""code":"malformed""#) && answer.contains(/"trace_id":"[0-9a-f]{32}"/))
            #expect(shop.journal.summary == ["unknown 400"])
            try await #expect(shop.send("GET", "/shop/bare").status == 200)
        }
    }

    @Test(
        "with a head that is too large is answered with 431, with a long request line with 414, and closed",
        arguments: [("GET / HTTP/1.1\r\nA: ", 431), ("GET /", 414), ("GET / HTTP/1.1\r\nHost: a\r\nCookie: b=", 431)])
    func longHead(start: String, status: Int) async throws {
        try await Shop.open { shop in
            for end in ["", "\r\n\r\n"] {
                let bytes = start + String(repeating: "a", count: 100_000) + end
                let answer = try await RawSocket(port: shop.port).send(bytes) { _ in false }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("Connection: close"), "\(answer)")
            }
            #expect(shop.journal.summary == ["unknown \(status)", "unknown \(status)"])
        }
    }

    @Test(
        "goes on after an offer of another protocol, which is ignored",
        arguments: [
            "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
            "OPTIONS /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: TLS/1.2\r\n\r\n",
            "POST /shop/items HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 8\r\n\r\n{\"id\":7}",
            "GET /shop/bare HTTP/1.0\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n\r\n",
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        ])
    func offer(request: String) async throws {
        try await Shop.open { shop in
            let next = "GET /shop/items/7 HTTP/1.1\r\nHost: a\r\n\r\n"
            // Each as the answer to the one before has come, and all in one piece.
            for parts in [[request, request, next], [request + request + next]] {
                let answer = try await RawSocket(port: shop.port).send(parts) { $0.count(of: "HTTP/1.") == 3 }
                #expect(answer.count(of: "HTTP/1.") == 3 && !answer.contains("101 "), "\(answer)")
                #expect(!answer.contains("close"))
            }
        }
    }

    @Test(
        "keeps little of what a client sends that gets its answer later, or never reads it",
        arguments: [
            "GET /shop/wait HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
            "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n", "nonsense\r\n\r\n",
        ])
    func heldBytes(request: String) async throws {
        try await Shop.open(HTTPFront.FrontSettings(idleTimeout: .milliseconds(300), shutdownTimeout: .zero)) { shop in
            let before = try residentBytes()
            let socket = try PlainSocket(port: shop.port)
            socket.send(Array(request.utf8))
            // The system keeps some megabytes for a connection that is not read.
            let chunk = [UInt8](repeating: 0, count: 1 << 20)
            var count = 0
            while count < 128, socket.send(chunk, within: 200) { count += 1 }
            #expect(try residentBytes() - before < 64 << 20)
        }
    }

    @Test(
        "gets all its answers though the client has closed its half",
        arguments: [
            ("GET /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n", ["200"]),
            ("GET /shop/bare HTTP/1.0\r\n\r\n", ["200"]),
            ("GET /shop/wait HTTP/1.1\r\nHost: a\r\nX-Timeout-Ms: 200\r\n\r\n", ["504"]),
            ("POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n{\"id\":7}", ["201"]),
            ("POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"id\":7}", []),
            ("GET /large HTTP/1.1\r\nHost: a\r\n\r\n", ["200"]),
            (
                String(repeating: "GET /shop/wait HTTP/1.1\r\nHost: a\r\nX-Timeout-Ms: 50\r\n\r\n", count: 5),
                ["504", "504", "504", "504", "504"]
            ),
        ])
    func halfClosed(requests: String, statuses: [String]) async throws {
        let large = Page("/large", contentType: "text/plain") { Data(repeating: UInt8(ascii: "a"), count: 8 << 20) }
        try await Shop.open(pages: [large]) { shop in
            let answer = try await RawSocket(port: shop.port).send(halfClosing: requests)
            #expect(
                answer.matches(of: /HTTP\/1\.[01] (\d+)/).map { String($0.1) } == statuses, "\(answer.prefix(1000))")
            if requests.contains("large") { #expect(answer.hasSuffix("aaa") && answer.utf8.count > 8 << 20) }
            #expect(!shop.journal.summary.contains { $0.hasSuffix(" 499") })
        }
    }

    @Test("that is half closed and never read comes to its end")
    func neverRead() async throws {
        let isMade = Mutex(false)
        let large = Page("/large", contentType: "text/plain") {
            isMade.withLock { $0 = true }
            return Data(repeating: UInt8(ascii: "a"), count: 32 << 20)
        }
        try await Shop.open(HTTPFront.FrontSettings(idleTimeout: .milliseconds(200)), pages: [large]) { shop in
            let socket = try PlainSocket(port: shop.port)
            socket.send(Array("GET /large HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            try await eventually { isMade.withLock(\.self) }
            socket.closeOutput()
            try await eventually { shop.front.connections.count == 0 }
        }
    }

    @Test("that streams, and whose client is gone, is noticed by the next chunk")
    func streamGone() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        try await Shop.open(pages: [Page("/events", contentType: "text/event-stream") { stream }]) { shop in
            source.yield(Data("data: 1\n\n".utf8))
            let answer = try await RawSocket(port: shop.port).send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n") {
                $0.contains("data: 1")
            }
            #expect(answer.contains("Transfer-Encoding: chunked"))
            try await eventually {
                source.yield(Data("data: 2\n\n".utf8))
                return shop.front.connections.count == 0
            }
        }
    }

    @Test("of HTTP/1.0 gets a stream without chunks, to the end of the connection")
    func oldStream() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        source.yield(Data("data: 1\n\n".utf8))
        source.finish()
        try await Shop.open(pages: [Page("/events", contentType: "text/event-stream") { stream }]) { shop in
            let request = "GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            let answer = try await RawSocket(port: shop.port).send(request) { _ in false }
            #expect(answer.contains("Connection: close") && answer.hasSuffix("\r\n\r\ndata: 1\n\n"), "\(answer)")
            #expect(!answer.contains("chunked"))
        }
    }

    @Test("of HTTP/1.0 is closed after the answer, unless the client wants to keep it")
    func oldVersion() async throws {
        try await Shop.open { shop in
            let closed = try await RawSocket(port: shop.port).send("GET /shop/bare HTTP/1.0\r\n\r\n") { _ in false }
            #expect(closed.hasPrefix("HTTP/1.0 200 ") && closed.contains("Connection: close"))
            let request = "GET /shop/bare HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            let kept = try await RawSocket(port: shop.port).send(request + request) {
                $0.count(of: "HTTP/1.0 200") == 2
            }
            #expect(kept.count(of: "Connection: keep-alive") == 2)
        }
    }

    @Test("is closed after the answer where the client asks for that, and what it sends after is not answered")
    func close() async throws {
        try await Shop.open { shop in
            let request = "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answer = try await RawSocket(port: shop.port).send(request + request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.count(of: "HTTP/1.1 ") == 1, "\(answer)")
            #expect(answer.contains("Connection: close"))
        }
    }

    @Test("gets the answers to many requests in their order, whichever way their bytes are cut")
    func pipelined() async throws {
        try await Shop.open { shop in
            let requests = Array((1...40).map { "GET /shop/items/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined().utf8)
            let parts = stride(from: 0, to: requests.count, by: 7).map { start in
                String(decoding: requests[start...].prefix(7), as: UTF8.self)
            }
            let answer = try await RawSocket(port: shop.port).send(parts) { $0.count(of: "HTTP/1.1 200") == 40 }
            let texts = answer.matches(of: /"text":"(\d+) -"/).map { String($0.1) }
            let wanted = (1...40).map(String.init)
            #expect(wanted.starts(with: texts) && texts.count >= 39, "\(answer)")
        }
    }

    @Test("that ends within a body runs nothing")
    func cutOff() async throws {
        try await Shop.open { shop in
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
            try await RawSocket(port: shop.port).send(head + #"{"id":7}"#) {}
            try await #expect(shop.send("GET", "/shop/bare").status == 200)
            #expect(!shop.journal.summary.contains { $0.hasPrefix("shop.add") })
        }
    }

    @Test("that the client closes cancels its call")
    func cancellation() async throws {
        try await Shop.open { shop in
            let socket = try await RawSocket(port: shop.port)
            try await socket.send("GET /shop/wait HTTP/1.1\r\nHost: a\r\n\r\n") {
                #expect(await shop.service.next() == .waiting)
            }
            #expect(await shop.service.next() == .cancelled)
            #expect(shop.journal.summary == ["shop.wait 499"])
        }
    }

    @Test("is closed where a request's header does not come to an end in time")
    func slowHeader() async throws {
        try await Shop.open(HTTPFront.FrontSettings(idleTimeout: .milliseconds(100))) { shop in
            let answer = try await RawSocket(port: shop.port).send("GET / HTTP/1.1\r\nHo") { _ in false }
            #expect(!answer.contains("HTTP/1.1 2"))
            // A request that was cut off may be reported as no request.
            #expect(shop.journal.summary.allSatisfy { $0 == "unknown 400" })
        }
    }
}
