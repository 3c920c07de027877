import Testing
import Web

@testable import HTTPTransport

@Suite("A page of another origin", .timeLimit(.minutes(1)))
struct CORSTests {
    private static let origin = "https://app.example:8443"

    private func front(_ origins: [String], _ test: (Shop) async throws -> Void) async throws {
        try await Shop.open(HTTPFront.FrontSettings(cors: try CORSPolicy(origins)), test)
    }

    @Test("reads nothing if no origin is allowed, or its own is not", arguments: [[], ["https://other.example"]])
    func refused(origins: [String]) async throws {
        try await front(origins) { shop in
            for headers in [["Origin": Self.origin], ["Origin": "null"], [:]] {
                let answer = try await shop.send("GET", "/shop/bare", headers)
                #expect(answer.status == 200 && answer["Access-Control-Allow-Origin"] == nil)
                #expect(answer["Access-Control-Expose-Headers"] == nil)
                // A cache must know that the origin makes a difference.
                #expect(answer["Vary"] == (origins.isEmpty ? nil : "Origin"))
            }
        }
    }

    @Test("reads responses and refusals, and the fields that tell more of them, if its origin is allowed")
    func allowed() async throws {
        try await front(["https://other.example", Self.origin]) { shop in
            for path in ["/shop/bare", "/nowhere", "/shop/busy"] {
                let answer = try await shop.send("GET", path, ["Origin": Self.origin])
                #expect(answer["Access-Control-Allow-Origin"] == Self.origin && answer["Vary"] == "Origin")
                #expect(answer["Access-Control-Allow-Credentials"] == "true")
                let exposed = try #require(answer["Access-Control-Expose-Headers"]).split(separator: ", ")
                #expect(
                    exposed.contains("X-Request-Id") && exposed.contains("Retry-After")
                        && exposed.contains("traceparent"))
            }
        }
    }

    @Test("of any origin reads responses without credentials")
    func any() async throws {
        try await front(["*"]) { shop in
            let answer = try await shop.send("GET", "/shop/bare", ["Origin": Self.origin])
            #expect(answer["Access-Control-Allow-Origin"] == "*")
            #expect(answer["Access-Control-Allow-Credentials"] == nil && answer["Vary"] == nil)
            try await #expect(shop.send("GET", "/shop/bare")["Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test("learns by a preflight which methods the path has, and which fields it may send")
    func preflight() async throws {
        try await front([Self.origin]) { shop in
            let asked = ["Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-token"]
            let answer = try await shop.send("OPTIONS", "/shop/items/7", asked.merging(["Origin": Self.origin]) { $1 })
            #expect(answer.status == 204 && answer["Access-Control-Allow-Origin"] == Self.origin)
            #expect(answer["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PUT")
            let fields = try #require(answer["Access-Control-Allow-Headers"]).split(separator: ", ")
            #expect(Set(["X-Token", "Authorization", "Content-Type", "traceparent"]).isSubset(of: fields))
            #expect(answer["Access-Control-Max-Age"] == "7200")
            let other = try await shop.send(
                "OPTIONS", "/shop/items/7", asked.merging(["Origin": "https://b.example"]) { $1 })
            #expect(other["Access-Control-Allow-Origin"] == nil)
            let plain = try await shop.send("OPTIONS", "/shop/items/7", ["Origin": Self.origin])
            #expect(plain["Access-Control-Allow-Methods"] == nil && plain["Allow"] != nil)
        }
    }

    @Test("may send fields that are not known here, which libraries add to whatever a page sends")
    func otherFields() async throws {
        try await front([Self.origin]) { shop in
            let asked = [
                "Access-Control-Request-Method": "GET", "Origin": Self.origin,
                "Access-Control-Request-Headers": "baggage, sentry-trace,x-token, é",
            ]
            let answer = try await shop.send("OPTIONS", "/shop/items/7", asked)
            let fields = try #require(answer["Access-Control-Allow-Headers"]).split(separator: ", ")
            #expect(fields.suffix(2) == ["baggage", "sentry-trace"] && fields.contains("X-Token"))
        }
    }

    @Test(
        "is known by its origin as browsers send it: without the port that the scheme has by itself",
        arguments: [
            ("https://app.example:443", "https://app.example"), ("HTTP://App.example:80", "http://app.example"),
        ])
    func standardPort(named: String, sent: String) async throws {
        try await front([named]) { shop in
            try await #expect(shop.send("GET", "/shop/bare", ["Origin": sent])["Access-Control-Allow-Origin"] == sent)
        }
    }

    @Test(
        "is named by an origin, and by nothing else",
        arguments: [
            "app.example", "https://app.example/", "https://", "https://a b", "null", "https://app.example/path",
            "*.example",
        ])
    func wrong(origin: String) {
        #expect(throws: OriginError.self) { try CORSPolicy([origin]) }
        #expect(throws: OriginError.self) { try CORSPolicy(["*", "https://app.example"]) }
    }
}
