import Endpoints
import Foundation
import HTTPTransport
import RPC
import RPCTesting
import Synchronization
import Testing
import Waiting
import Web

@Suite("The HTTP front", .timeLimit(.minutes(1)))
struct FrontTests {
    @Test("serves pages beside the contract")
    func pages() async throws {
        let page = Page("/metrics", contentType: "text/plain", headers: ["Cache-Control": "max-age=5"]) {
            Data("1".utf8)
        }
        try await Shop.open(pages: [page, Page("/docs/", contentType: "text/plain") { Data("<p>".utf8) }]) { shop in
            let metrics = try await shop.send("GET", "/metrics/?a=b")
            #expect(metrics.status == 200 && metrics.body == "1")
            #expect(metrics["Content-Type"] == "text/plain" && metrics["Cache-Control"] == "max-age=5")
            try await #expect(shop.send("GET", "/docs")["Cache-Control"] == "no-store")
            let head = try await shop.send("HEAD", "/metrics")
            #expect(head["Content-Length"] == "1" && head.body.isEmpty)
            let post = try await shop.send("POST", "/metrics", body: "a")
            #expect(post.status == 405 && post["Allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test("says where the time went to whoever prefers that, and to nobody else")
    func timing() async throws {
        try await Shop.open { shop in
            for preference in ["server-timing", "respond-async, Server-Timing; a=1"] {
                let answer = try await shop.send("GET", "/shop/bare", ["Prefer": preference])
                let form = /(queue|wait|access|decode|handler|encode);dur=[0-9]+\.[0-9]{6}/
                let metrics = try #require(answer["Server-Timing"]).split(separator: ", ")
                #expect(metrics.count == 6 && metrics.allSatisfy { $0.wholeMatch(of: form) != nil })
            }
            for other in [[:], ["Prefer": "server-timings"], ["Prefer": ""]] {
                try await #expect(shop.send("GET", "/shop/bare", other)["Server-Timing"] == nil)
            }
        }
    }

    @Test("serves hypertext at one path, for its links are relative to that")
    func lastSlash() async throws {
        let page = Page("/deep/docs", contentType: "text/html") { Data("<p>".utf8) }
        try await Shop.open(pages: [page, Page("/", contentType: "text/html") { Data("<p>".utf8) }]) { shop in
            for (path, location) in [("/deep/docs/", "../docs"), ("/deep/docs/?a=b", "../docs?a=b")] {
                let request = "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let answer = try await RawSocket(port: shop.port).send(request) { _ in false }
                #expect(answer.hasPrefix("HTTP/1.1 308 ") && answer.contains("Location: \(location)\r\n"), "\(answer)")
            }
            try await #expect(shop.send("GET", "/deep/docs").status == 200)
            try await #expect(shop.send("GET", "/").status == 200)
        }
    }

    @Test("redirects from a path to another, with a link and for this once, and answers OPTIONS there")
    func redirection() async throws {
        try await Shop.open(pages: [Page("/", redirectingTo: "docs")]) { shop in
            for (request, body) in [("GET /?a=b", "<a href=\"docs\">docs</a>\n"), ("HEAD /", "")] {
                let text = "\(request) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                let answer = try await RawSocket(port: shop.port).send(text) { _ in false }
                #expect(answer.hasPrefix("HTTP/1.1 303 ") && answer.contains("Location: docs\r\n"), "\(answer)")
                #expect(answer.contains("Cache-Control: no-store\r\n") && answer.hasSuffix("\r\n\r\n" + body))
            }
            // As HAProxy's `option httpchk` asks.
            let options = try await RawSocket(port: shop.port).send("OPTIONS / HTTP/1.0\r\n\r\n") { _ in false }
            #expect(options.hasPrefix("HTTP/1.0 204 ") && options.contains("Allow: GET, HEAD, OPTIONS\r\n"))
            try await #expect(shop.send("POST", "/", body: "a").status == 405)
        }
    }

    @Test("sends a page that comes in chunks as they come, and ends it when it drains")
    func chunks() async throws {
        let (stream, source) = AsyncStream<Data>.makeStream()
        let page = Page("/events", contentType: "text/event-stream") { stream }
        try await Shop.open(pages: [page]) { shop in
            let socket = try await RawSocket(port: shop.port)
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            source.yield(Data("data: 1\n\n".utf8))
            async let answer = socket.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n") { text in
                if text.contains("data: 1\n\n") { arrival.finish() }
                return text.hasSuffix("0\r\n\r\n")
            }
            for await _ in arrivals {}
            await shop.front.drain()
            source.yield(Data("data: 2\n\n".utf8))
            let text = try await answer
            #expect(text.contains("Content-Type: text/event-stream") && !text.contains("Content-Length"))
            #expect(text.contains("X-Accel-Buffering: no\r\n"))
            #expect(text.contains("data: 2\n\n") && text.hasSuffix("0\r\n\r\n"))
            let head = try await shop.send("HEAD", "/events")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test("makes no more responses than a client reads, however many requests it has sent")
    func slowReader() async throws {
        let made = Mutex(0)
        let (many, size) = (60, 1 << 20)
        let pages = [
            Page("/large", contentType: "text/plain") {
                made.withLock { $0 += 1 }
                return Data(repeating: UInt8(ascii: "a"), count: size)
            },
            Page("/small", contentType: "text/plain") { Data() },
        ]
        try await Shop.open(pages: pages) { shop in
            let requests = { (path: String, count: Int) in
                String(repeating: "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n", count: count)
                    + "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            }
            let answer = try await RawSocket(port: shop.port).send(
                requests("/large", many), until: { !$0.isEmpty },
                then: {
                    // Meanwhile a client that reads gets more than this one has asked for.
                    let others = try await RawSocket(port: shop.port).send(requests("/small", 5 * many)) { _ in false }
                    #expect(others.count(of: "HTTP/1.1 200") == 5 * many + 1)
                    #expect((1...many / 2).contains(made.withLock { $0 }))
                }, "")
            #expect(made.withLock { $0 } == many + 1)
            #expect(answer.utf8.count > (many + 1) * size)
        }
    }

    @Test("does not start with a page in the place of an endpoint")
    func conflict() throws {
        let dispatcher = try Dispatcher(ShopService(), contract: ShopContract.description, verifier: FakeVerifier())
        #expect(throws: RouteConflict.self) {
            _ = try HTTPFront(dispatcher, pages: [Page("/shop/bare/", contentType: "text/plain") { Data() }])
        }
    }

    @Test("does not start with a page whose path nobody can ask for", arguments: ["about", "/a/{b}", "/a b", ""])
    func pagePath(path: String) throws {
        let dispatcher = try Dispatcher(ShopService(), contract: ShopContract.description, verifier: FakeVerifier())
        let conflict = #expect(throws: RouteConflict.self) {
            _ = try HTTPFront(dispatcher, pages: [Page(path, contentType: "text/plain") { Data() }])
        }
        #expect(conflict?.description.hasPrefix("The page's path \(path) ") == true)
    }

    @Test(
        "sends a page in the form that has the greatest weight among those that are accepted",
        arguments: [
            (nil, "json"), ("application/yaml", "yaml"), ("application/json, application/yaml", "json"),
            ("application/json;q=0.1, application/yaml", "yaml"), ("application/yaml;q=0.9, application/json", "json"),
            ("application/yaml;q=0", "json"), ("*/*, application/yaml;q=0.5", "json"), ("text/html, */*;q=0.1", "json"),
            ("Application/YAML; Q=1.0 , */*;q=0.8", "yaml"), ("text/html", "json"), ("application/yaml;q=x,", "json"),
        ])
    func weights(accept: String?, form: String) async throws {
        let page = Page(
            "/document", contentType: "application/json",
            alternatives: [Page("/document", contentType: "application/yaml", content: Data("a: 1".utf8))],
            content: Data("{}".utf8))
        try await Shop.open(pages: [page]) { shop in
            let answer = try await shop.send("GET", "/document", accept.map { ["Accept": $0] } ?? [:])
            #expect(answer["Content-Type"] == "application/\(form)")
        }
    }

    @Test("does not start on a port that is taken")
    func taken() async throws {
        try await Shop.open { shop in
            let dispatcher = try Dispatcher(ShopService(), contract: ShopContract.description, verifier: FakeVerifier())
            let second = try HTTPFront(dispatcher, settings: HTTPFront.FrontSettings(port: shop.port))
            await #expect(throws: (any Error).self) { try await second.start() }
            await second.stop()
        }
    }

    @Test("asks clients to leave while it drains, and still answers")
    func drain() async throws {
        try await Shop.open { shop in
            try await #expect(shop.send("GET", "/shop/bare")["Connection"] == nil)
            await shop.front.drain()
            let answer = try await shop.send("GET", "/shop/bare")
            #expect(answer.status == 200 && answer["Connection"] == "close")
        }
    }

    @Test("refuses calls while it stops")
    func refusal() async throws {
        try await Shop.open { shop in
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n"
            let socket = try await RawSocket(port: shop.port)
            let stop = Mutex<Task<Void, Never>?>(nil)
            let answer = try await socket.send(
                head, until: { $0.contains("100 Continue") },
                then: {
                    stop.withLock { $0 = Task { await shop.front.stop() } }
                    try await eventually("the front listens no more") { await !RawSocket.canConnect(to: shop.port) }
                }, #"{"id":7}"#)
            #expect(answer.contains("HTTP/1.1 503 ") && answer.contains("not_ready"), "\(answer)")
            #expect(answer.contains("Processed: no") && answer.contains("Connection: close"))
            await stop.withLock { $0 }?.value
        }
    }

    @Test("waits for the rest of no body when it stops")
    func unfinishedBody() async throws {
        try await Shop.open(HTTPFront.FrontSettings(shutdownTimeout: .seconds(50))) { shop in
            let head = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n"
            let start = ContinuousClock.now
            let stop = Mutex<Task<Void, Never>?>(nil)
            let answer = try await RawSocket(port: shop.port).send(
                head, until: { $0.contains("100 Continue") },
                then: {
                    stop.withLock { $0 = Task { await shop.front.stop() } }
                    try await eventually("the front listens no more") { await !RawSocket.canConnect(to: shop.port) }
                }, "{")
            #expect(answer.contains("HTTP/1.1 503 ") && answer.contains("Processed: no"), "\(answer)")
            await stop.withLock { $0 }?.value
            #expect(start.duration(to: .now) < .seconds(25))
        }
    }

    @Test("does not begin with what a client has sent ahead once it stops")
    func sentAhead() async throws {
        try await Shop.open { shop in
            let socket = try await RawSocket(port: shop.port)
            let wait = "GET /shop/wait HTTP/1.1\r\nHost: a\r\nX-Timeout-Ms: 1000\r\n\r\n"
            async let answer = socket.send(wait + wait) { _ in false }
            #expect(await shop.service.next() == .waiting)
            await shop.front.stop()
            let replies = try await answer
            #expect(replies.hasPrefix("HTTP/1.1 504 ") && replies.count(of: "HTTP/1.1") == 1)
            #expect(shop.journal.summary == ["shop.wait 504"])
        }
    }

    @Test("lets a call end when it stops, and then listens no more")
    func stop() async throws {
        try await Shop.open { shop in
            async let last = shop.send("GET", "/shop/wait", ["X-Timeout-Ms": "1000"])
            #expect(await shop.service.next() == .waiting)
            await shop.front.stop()
            try await #expect(last.status == 504)
            await #expect(throws: (any Error).self) { try await RawSocket(port: shop.port) }
        }
    }

    @Test("stops in time, whatever its calls do")
    func stopInTime() async throws {
        try await Shop.open(HTTPFront.FrontSettings(shutdownTimeout: .milliseconds(50))) { shop in
            let call = Task { try await shop.send("GET", "/shop/wait") }
            #expect(await shop.service.next() == .waiting)
            let start = ContinuousClock.now
            await shop.front.stop()
            #expect(start.duration(to: .now) < .seconds(5))
            #expect(await shop.service.next() == .cancelled)
            #expect(shop.journal.summary == ["shop.wait 499"])
            await #expect(throws: (any Error).self) { try await call.value }
        }
    }
}
