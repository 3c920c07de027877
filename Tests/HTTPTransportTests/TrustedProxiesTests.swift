import RPCTesting
import Testing
import Web

@testable import HTTPTransport

@Suite("The client behind trusted proxies")
struct TrustedProxiesTests {
    private static let proxies = ["10.0.0.0/8", "192.0.2.1", "2001:db8:1::/48", "::1"]

    private func client(_ peer: String, forwarded: String? = nil, for addresses: String? = nil) throws -> String {
        try TrustedProxies(Self.proxies).client(of: peer, forwarded: forwarded, forwardedFor: addresses)
    }

    @Test(
        "is the last that no trusted proxy has, of those that were noted on the way",
        arguments: [
            ("10.1.2.3", "203.0.113.7", "203.0.113.7"), ("10.1.2.3", "203.0.113.7, 10.9.9.9", "203.0.113.7"),
            ("10.1.2.3", "198.51.100.1, 203.0.113.7 ,192.0.2.1", "203.0.113.7"),
            ("::1", "203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8:1::5", "[2001:DB8:2::1]:80", "2001:db8:2::1"),
            ("192.0.2.1", "::ffff:203.0.113.7", "203.0.113.7"),
            // All are proxies.
            ("10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"),
            // The header of a client that is not trusted counts for nothing.
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"), ("192.0.2.2", "198.51.100.1", "192.0.2.2"),
            // An entry that cannot be read ends the way.
            ("10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"),
            ("10.1.2.3", "198.51.100.1, rubbish, 10.0.0.2", "10.0.0.2"),
            ("10.1.2.3", "", "10.1.2.3"), ("10.1.2.3", ",", "10.1.2.3"),
        ])
    func forwardedFor(_ peer: String, _ addresses: String, _ found: String) throws {
        #expect(try client(peer, for: addresses) == found)
        #expect(try client(peer) == peer)
    }

    @Test(
        "is read from Forwarded as RFC 7239 writes it",
        arguments: [
            ("for=203.0.113.7", "203.0.113.7"), ("For=\"[2001:db8:2::1]:4711\"; proto=https", "2001:db8:2::1"),
            ("for=198.51.100.1, for=203.0.113.7;by=10.0.0.1;host=a", "203.0.113.7"),
            ("proto=https;for=203.0.113.7, for=10.0.0.2", "203.0.113.7"), ("for=unknown", "10.1.2.3"),
            ("for=\"_hidden\"", "10.1.2.3"), ("by=203.0.113.7", "10.1.2.3"),
        ])
    func forwarded(_ value: String, _ found: String) throws {
        #expect(try client("10.1.2.3", forwarded: value) == found)
    }

    @Test("is the proxy itself if the two fields disagree: one of them may be the client's own")
    func disagreement() throws {
        #expect(try client("10.1.2.3", forwarded: "for=198.51.100.1", for: "203.0.113.7") == "10.1.2.3")
        #expect(try client("10.1.2.3", forwarded: "for=203.0.113.7", for: "203.0.113.7") == "203.0.113.7")
    }

    @Test("needs a proxy that is named by address or network")
    func networks() throws {
        let all = try TrustedProxies(["0.0.0.0/0", "::/0"])
        #expect(all.client(of: "203.0.113.7", forwarded: nil, forwardedFor: "198.51.100.1") == "198.51.100.1")
        let mapped = try TrustedProxies(["::ffff:10.0.0.0/104"])
        #expect(mapped.client(of: "10.200.0.1", forwarded: nil, forwardedFor: "198.51.100.1") == "198.51.100.1")
        let odd = try TrustedProxies(["10.128.0.0/9"])
        #expect(odd.client(of: "10.127.255.255", forwarded: nil, forwardedFor: "198.51.100.1") == "10.127.255.255")
        #expect(odd.client(of: "10.128.0.1", forwarded: nil, forwardedFor: "198.51.100.1") == "198.51.100.1")
        for text in [
            "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0", "proxy.example", "::1/129", "", "10.0.0.0/8/8",
        ] {
            #expect(throws: ProxyAddressError.self, "\(text)") { try TrustedProxies([text]) }
        }
    }

    @Test("is what the call knows as its origin", .timeLimit(.minutes(1)))
    func origin() async throws {
        for (proxies, origin) in [(["127.0.0.1"], "203.0.113.7"), ([], "127.0.0.1")] {
            try await Shop.open(HTTPFront.FrontSettings(trustedProxies: try TrustedProxies(proxies))) { shop in
                _ = try await shop.send("GET", "/shop/bare", ["X-Forwarded-For": "198.51.100.1, 203.0.113.7"])
                #expect(shop.journal.all.map(\.origin) == [origin])
            }
        }
    }

    @Test("that comes by IPv4 to an IPv6 socket has its IPv4 address", .timeLimit(.minutes(1)))
    func dualStack() async throws {
        try await Shop.open(HTTPFront.FrontSettings(hosts: ["::"])) { shop in
            _ = try await shop.send("GET", "/shop/bare")
            #expect(shop.journal.all.map(\.origin) == ["127.0.0.1"])
        }
    }
}
