import Foundation
import RPCTesting
import Testing
import Waiting
import Web

@testable import HTTPTransport

@Suite("The memory for bodies that come in several parts", .timeLimit(.minutes(1)))
struct BodyMemoryTests {
    /// So little that it is used up by one body.
    private static let little = HTTPFront.FrontSettings(bodyMemoryLimit: 1)
    private static let body = #"{"id":7}"# + String(repeating: " ", count: 1_000_000)

    private static func head(_ line: String, _ fields: String = "") -> String {
        "\(line) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n"
    }

    /// Runs a test while a body that has come only in part uses up the memory.
    private static func whenUsedUp(pages: [Page] = [], _ test: (Shop) async throws -> Void) async throws {
        try await Shop.open(little, pages: pages) { shop in
            let socket = try PlainSocket(port: shop.port)
            socket.send(Array((head("POST /shop/items") + body).utf8.dropLast()))
            // More does not come, and so this much it stays.
            try await eventually { shop.front.bodyBudget.used > 1_000_000 }
            try await test(shop)
        }
    }

    @Test("is used up by other bodies: one more is answered with 503 and closed, and should come again")
    func usedUp() async throws {
        try await Self.whenUsedUp { shop in
            for framing in [Self.head("POST /shop/items"), Self.head("PUT /shop/items/7", "X-Token: good:change\r\n")] {
                let answer = try await RawSocket(port: shop.port).send([framing, Self.body]) { _ in false }
                #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
                #expect(answer.contains("Connection: close") && answer.contains("Retry-After: "))
                #expect(answer.contains("Processed: no") && answer.contains(#""code":"overloaded""#))
            }
            let chunked = "POST /shop/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}"
            let answer = try await RawSocket(port: shop.port).send(chunked) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
        }
    }

    @Test("is not used by a body that comes with its head: small requests are answered as ever")
    func small() async throws {
        try await Self.whenUsedUp { shop in
            for _ in 0..<3 {
                try await #expect(shop.send("POST", "/shop/items", body: #"{"id":7}"#).status == 201)
            }
        }
    }

    @Test("is given back when a body is whole and answered, and when its client is gone")
    func back() async throws {
        try await Shop.open(Self.little) { shop in
            var socket: PlainSocket? = try PlainSocket(port: shop.port)
            socket?.send(Array((Self.head("POST /shop/items") + Self.body).utf8.dropLast()))
            try await eventually { shop.front.bodyBudget.used > 1_000_000 }
            socket?.send([UInt8(ascii: " ")])
            try await eventually { shop.front.bodyBudget.used == 0 }
            #expect(shop.journal.summary == ["shop.add 201"])
            socket?.send(Array((Self.head("POST /shop/items") + Self.body).utf8.dropLast()))
            try await eventually { shop.front.bodyBudget.used > 1_000_000 }
            socket = nil
            try await eventually { shop.front.bodyBudget.used == 0 }
            let answer = try await RawSocket(port: shop.port).send([Self.head("POST /shop/items"), Self.body]) {
                $0.contains("data")
            }
            #expect(answer.hasPrefix("HTTP/1.1 201 "), "\(answer)")
        }
    }

    @Test(
        "is not used by a body that changes nothing in the response, nor by one that is refused for its head",
        arguments: [
            ("POST /nowhere", "", 404), ("PATCH /shop/items", "", 405), ("POST /page", "", 405),
            ("OPTIONS /shop/items", "", 204), ("GET /shop/bare", "", 200), ("PUT /shop/items/7", "", 401),
            ("PUT /shop/items/7", "X-Token: \r\n", 401), ("POST /shop/items", "Content-Type: text/plain\r\n", 415),
            ("POST /shop/items", "Content-Encoding: gzip\r\n", 415),
            ("POST /shop/items", "X-Timeout-Ms: soon\r\n", 400),
        ])
    func unneeded(line: String, fields: String, status: Int) async throws {
        let page = Page("/page", contentType: "text/plain") { Data("a".utf8) }
        try await Self.whenUsedUp(pages: [page]) { shop in
            let used = shop.front.bodyBudget.used
            let requests = [Self.head(line, fields), Self.body, "GET /shop/items/7 HTTP/1.1\r\nHost: a\r\n\r\n"]
            let answer = try await RawSocket(port: shop.port).send(requests) { $0.contains("7 -") }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.count(of: "HTTP/1.1 ") == 2, "\(answer)")
            #expect(shop.front.bodyBudget.used == used)
        }
    }

    @Test(
        "is not even asked for where the client asks before it sends a body that will be refused",
        arguments: [
            ("POST /nowhere", "100-continue", 404), ("PUT /shop/items/7", "100-continue", 401),
            ("POST /shop/items", "100-continue\r\nContent-Type: text/plain", 415),
            ("POST /shop/items", "tea", 417), ("POST /shop/items", "100-continue, tea", 417),
            ("PUT /shop/items/7", "tea", 417), ("POST /page", "tea", 417), ("POST /nowhere", "tea", 417),
        ])
    func expectation(line: String, expectation: String, status: Int) async throws {
        let page = Page("/page", contentType: "text/plain") { Data("a".utf8) }
        try await Shop.open(pages: [page]) { shop in
            let fields = "Expect: \(expectation)\r\n"
            let answer = try await RawSocket(port: shop.port).send(Self.head(line, fields)) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(answer.contains("Connection: close") && answer.count(of: "HTTP/1.1 ") == 1)
        }
    }
}

@Suite("A budget of memory for bodies")
struct BodyBudgetTests {
    @Test("has room up to its limit, and for one body of any size")
    func room() {
        let budget = BodyBudget(limit: 100)
        #expect(budget.resize(from: 0, to: 1000))
        #expect(!budget.resize(from: 0, to: 1))
        #expect(budget.resize(from: 1000, to: 2000))
        #expect(budget.resize(from: 2000, to: 60))
        #expect(budget.resize(from: 0, to: 40))
        #expect(!budget.resize(from: 60, to: 61))
        #expect(budget.resize(from: 60, to: 0) && budget.resize(from: 40, to: 0))
        #expect(budget.used == 0)
    }
}
