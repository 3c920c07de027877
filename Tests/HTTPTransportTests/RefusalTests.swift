import Foundation
import HTTPTransport
import JSON
import RPCTesting
import Testing
import Web

@Suite("A request that is refused over HTTP", .timeLimit(.minutes(1)))
struct RefusalTests {
    @Test("is answered with a problem document that names the trace, and is counted")
    func document() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("GET", "/nowhere")
            #expect(answer.status == 404 && answer.code == "unknown_endpoint")
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(answer.json?["trace_id"]?.string == answer["X-Request-Id"])
            #expect(shop.journal.summary == ["unknown 404"])
        }
    }

    @Test("because it is no request is logged with the address that it came from")
    func origin() async throws {
        try await Shop.open { shop in
            let answer = try await RawSocket(port: shop.port).send("BAD\r\n\r\n") { $0.contains("trace_id") }
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(shop.journal.all.map(\.origin) == ["127.0.0.1"])
        }
    }

    @Test("for its method gets the methods of the path, and is counted")
    func method() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("PATCH", "/shop/items")
            #expect(answer.status == 405 && answer.code == "method_not_allowed")
            #expect(answer["Allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(shop.journal.summary == ["unknown 405"])
        }
    }

    @Test("because its body takes too long gets a 408, and its connection is closed")
    func slowBody() async throws {
        try await Shop.open(HTTPFront.FrontSettings(bodyTimeout: .milliseconds(100))) { shop in
            let head =
                "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            let answer = try await RawSocket(port: shop.port).send(head) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("Connection: close"))
            #expect(answer.contains("within 0.1 seconds") && shop.journal.summary == ["shop.add 408"])
        }
    }

    @Test(
        "for what cannot be read gets a 400",
        arguments: [
            "/shop/items?text=%zz", "/shop/items?%zz=a", "/shop/items/%zz", "/nowhere/%f",
        ])
    func encoding(path: String) async throws {
        try await Shop.open { shop in
            let answer = try await RawSocket(port: shop.port).send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n") {
                $0.contains("trace_id")
            }
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains(#""code":"malformed""#))
        }
    }

    @Test(
        "for its host gets a 400, if HTTP/1.1 has none, or there are two",
        arguments: ["/shop/bare", "/page"])
    func host(_ path: String) async throws {
        let page = Page("/page", contentType: "text/plain") { Data("a".utf8) }
        try await Shop.open(pages: [page]) { shop in
            for (version, hosts, status) in [("1.1", 0, 400), ("1.1", 1, 200), ("1.1", 2, 400), ("1.0", 0, 200)] {
                let lines = String(repeating: "Host: a\r\n", count: hosts)
                let request = "GET \(path) HTTP/\(version)\r\n\(lines)\r\n"
                let answer = try await RawSocket(port: shop.port).send(request) { $0.contains("\r\n\r\n") }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) ") || answer.hasPrefix("HTTP/1.0 \(status) "), "\(answer)")
            }
        }
    }

    @Test("for a duplicate token gets a 400, even if both are good", arguments: ["X-Token", "Authorization"])
    func repeatedToken(_ name: String) async throws {
        try await Shop.open { shop in
            let line = name + (name == "X-Token" ? ": good:look" : ": Bearer good:look") + "\r\n"
            let request = "GET /shop/items?text=a HTTP/1.1\r\nHost: a\r\n"
            for (lines, status) in [(line, "200"), (line + line, "400")] {
                let answer = try await RawSocket(port: shop.port).send(request + lines + "\r\n") {
                    $0.contains("\r\n\r\n")
                }
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            }
        }
    }

    @Test("for a body that is not JSON gets a 400")
    func json() async throws {
        try await Shop.open { shop in
            let json = ["Content-Type": "application/json", "X-Token": "good:change"]
            for (method, path) in [("POST", "/shop/items"), ("PUT", "/shop/items/7")] {
                let answer = try await shop.send(method, path, json, body: #"{"id":"#)
                #expect(answer.status == 400 && answer.code == "malformed")
            }
        }
    }

    @Test("for input that breaks the contract gets every place")
    func invalid() async throws {
        try await Shop.open { shop in
            let query = try await shop.send("GET", "/shop/items?text=aaaaaaaaaaa&count=two&exact=1&text=b")
            #expect(query.status == 422 && query.code == "invalid_input")
            #expect(query.pointers == ["/text", "/count", "/exact"])
            try await #expect(shop.send("GET", "/shop/items").pointers == ["/text"])
            try await #expect(shop.send("GET", "/shop/items/tea").pointers == ["/id"])
            let body = try await shop.send(
                "POST", "/shop/items", ["Content-Type": "application/json"], body: #"{"id":"7","name":1}"#)
            #expect(body.status == 422 && body.pointers == ["/id", "/name"])
            let list = try await shop.send(
                "PUT", "/shop/items/7", ["Content-Type": "application/json", "X-Token": "good:change"], body: "[1]")
            #expect(list.status == 422)
        }
    }

    @Test("for its media type gets a 415")
    func mediaType() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("POST", "/shop/items", ["Content-Type": "text/plain"], body: "{}")
            #expect(answer.status == 415 && answer.code == "unsupported_media_type")
        }
    }

    @Test("for a missing or bad token gets a 401 that says how to show one")
    func token() async throws {
        try await Shop.open { shop in
            let none = try await shop.send("DELETE", "/shop/items/7")
            #expect(none.status == 401 && none.code == "token_missing")
            #expect(none["WWW-Authenticate"] == #"Bearer realm="shop""#)
            for headers in [["X-Token": "bad"], ["Authorization": "bearer bad"]] {
                let bad = try await shop.send("DELETE", "/shop/items/7", headers)
                #expect(bad.status == 401 && bad.code == "token_invalid")
                #expect(bad["WWW-Authenticate"] == #"Bearer error="invalid_token""#)
            }
            try await #expect(shop.send("DELETE", "/shop/items/7", ["Authorization": "Basic good"]).status == 401)
            try await #expect(shop.send("DELETE", "/shop/items/7", ["Authorization": "Bearer good"]).status == 200)
        }
    }

    @Test("for a lacking permission gets a 403")
    func permission() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("PUT", "/shop/items/7", ["X-Token": "good:look"])
            #expect(answer.status == 403 && answer.code == "permission_denied")
        }
    }

    @Test("for being too much learns when to try again, and that nothing was done")
    func busy() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("GET", "/shop/busy")
            #expect(answer.status == 429)
            #expect(answer["Retry-After"] == "2")
            #expect(answer["Processed"] == "no")
        }
    }

    @Test("because the handler failed learns nothing of the cause")
    func crash() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("GET", "/shop/crash")
            #expect(answer.status == 500 && answer.code == "internal")
            #expect(!answer.body.lowercased().contains("cocoa") && !answer.body.contains("file"))
        }
    }

    @Test("at its deadline gets a 504, soon after")
    func deadline() async throws {
        try await Shop.open { shop in
            let start = ContinuousClock.now
            let answer = try await shop.send("GET", "/shop/wait", ["X-Timeout-Ms": "50"])
            #expect(answer.status == 504 && answer.code == "deadline_exceeded")
            #expect(start.duration(to: .now) < .seconds(5))
        }
    }

    @Test("for a rubbish X-Timeout-Ms gets a 400", arguments: ["0", "-1", "+5", "soon", "1.5", ""])
    func timeout(text: String) async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("GET", "/shop/bare", ["X-Timeout-Ms": text])
            #expect(answer.status == 400 && answer.code == "malformed")
        }
    }
}
