import Foundation
import NIOCore
import Testing
import Web

@testable import HTTPTransport

@Suite("The URL that a proxy names", .timeLimit(.minutes(1)))
struct ForwardedURLTests {
    private func url(_ fields: [(String, String)], from peer: String = "10.1.2.3") throws -> ForwardedURL? {
        var headers = RequestHeaders()
        for (name, value) in [("Host", "inner:5040")] + fields { headers.add(name.utf8, value.utf8) }
        return try TrustedProxies(["10.0.0.0/8"]).baseURL(of: peer, headers)
    }

    private static let urls: [([(String, String)], String, Bool)] = [
        ([("X-Forwarded-Proto", "https")], "https://inner:5040/", false),
        ([("X-Forwarded-Host", "star.example"), ("X-Forwarded-Proto", "HTTPS")], "https://star.example/", false),
        ([("X-Forwarded-Prefix", "/auth")], "http://inner:5040/auth/", true),
        (
            [
                ("X-Forwarded-Host", "[2001:db8::1]:8443"), ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Prefix", "/a/b/"),
            ],
            "https://[2001:db8::1]:8443/a/b/", true
        ),
        ([("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/")], "https://inner:5040/", true),
        // Each of two proxies has added a value; what is before them is the client's.
        (
            [
                ("X-Forwarded-For", "10.1.1.1, 203.0.113.7, 10.9.9.9"), ("X-Forwarded-Proto", "http, https, http"),
                ("X-Forwarded-Host", "evil.example, star.example, inner.example"),
            ],
            "https://star.example/", false
        ),
        (
            [
                ("X-Forwarded-For", "203.0.113.7, 10.9.9.9"), ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "star.example, inner.example"),
            ],
            "https://star.example/", false
        ),
        // The first proxy adds its address only, and passes on what the client says of the host.
        (
            [
                ("X-Forwarded-For", "203.0.113.7, 10.9.9.9"),
                ("X-Forwarded-Host", "evil.example, evil.example, star.example"),
            ],
            "http://star.example/", false
        ),
        // The nearest proxy has added the last value; the first may be the client's.
        ([("X-Forwarded-Host", "evil.example, star.example")], "http://star.example/", false),
        (
            [("Forwarded", "for=203.0.113.7;proto=https;host=\"star.example:8443\"")], "https://star.example:8443/",
            false
        ),
        // The proxy that the client has reached says how.
        (
            [("Forwarded", "host=evil.example, for=203.0.113.7;host=star.example;proto=https, for=10.9.9.9;host=b")],
            "https://star.example/", false
        ),
        (
            [("Forwarded", "host=star.example;proto=https"), ("X-Forwarded-Host", "Star.example")],
            "https://star.example/", false
        ),
    ]

    @Test("is the one that its clients use", arguments: urls)
    func named(_ fields: [(String, String)], _ text: String, _ isComplete: Bool) throws {
        let found = try url(fields)
        #expect(found?.text == text && found?.isComplete == isComplete)
        #expect(try url(fields, from: "203.0.113.9") == nil)
    }

    @Test(
        "is none if it names no part, or one that a URL cannot have",
        arguments: [
            [], [("X-Forwarded-For", "203.0.113.7")], [("X-Forwarded-Proto", "javascript")],
            [("X-Forwarded-Host", "a/b")], [("X-Forwarded-Host", "a@b")], [("X-Forwarded-Host", "a b\"<")],
            [("X-Forwarded-Prefix", "auth")], [("X-Forwarded-Prefix", "//evil.example")],
            // One of the two is the client's own.
            [("Forwarded", "host=evil.example;proto=https"), ("X-Forwarded-Host", "star.example")],
            [("Forwarded", "proto=http"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "star.example")],
            [("X-Forwarded-Prefix", "/a?b")],
        ])
    func none(_ fields: [(String, String)]) throws {
        #expect(try url(fields) == nil)
    }

    @Test("is in the document that is addressed, with a tag of its own; without a proxy there is none")
    func page() async throws {
        let page = Page("/where", contentType: "text/plain", addressed: { Data(($0?.text ?? "here").utf8) })
        let settings = HTTPFront.FrontSettings(trustedProxies: try TrustedProxies(["127.0.0.1"]))
        try await Shop.open(settings, pages: [page]) { shop in
            let direct = try await shop.send("GET", "/where")
            let named = try await shop.send(
                "GET", "/where", ["X-Forwarded-Host": "star.example", "X-Forwarded-Prefix": "/auth"])
            #expect(direct.body == "here" && named.body == "http://star.example/auth/")
            #expect(direct["ETag"] != named["ETag"])
            #expect(try await shop.send("GET", "/where", ["If-None-Match": direct["ETag"] ?? ""]).status == 304)
        }
        try await Shop.open(pages: [page]) { shop in
            try await #expect(shop.send("GET", "/where", ["X-Forwarded-Host": "evil.example"]).body == "here")
        }
    }
}
