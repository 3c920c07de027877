import Foundation
import NIOCore
import RPCTesting
import Testing
import Waiting

@testable import HTTPTransport

@Suite("The header of the PROXY protocol", .timeLimit(.minutes(1)))
struct ProxyProtocolTests {
    private static let signature = "\r\n\r\n\u{0}\r\nQUIT\n"

    /// A header of version 2. All bytes are ASCII, so that they are text.
    private static func block(_ command: UInt8, _ family: UInt8, _ content: [UInt8], length: UInt16? = nil) -> String {
        let count = length ?? UInt16(content.count)
        let bytes = [command, family, UInt8(count >> 8), UInt8(count & 0xFF)] + content
        return signature + String(decoding: bytes, as: UTF8.self)
    }

    private static let ipv4: [UInt8] = [100, 64, 0, 7, 10, 0, 0, 1, 0x12, 0x34, 0, 80]
    private static let ipv6: [UInt8] = [0x20, 1, 0x0D, 0x38] + [UInt8](repeating: 0, count: 11) + [7] + ipv6Rest
    private static let ipv6Rest = [UInt8](repeating: 0, count: 15) + [1, 0x12, 0x34, 0, 80]

    private static let readableHeaders: [(String, String?)] = [
        ("PROXY TCP4 203.0.113.7 10.0.0.1 56324 80\r\n", "203.0.113.7"),
        ("PROXY TCP6 2001:DB8::7 ::1 65535 443\r\n", "2001:db8::7"),
        ("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 443\r\n", "203.0.113.7"),
        ("PROXY UNKNOWN\r\n", nil), ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", nil),
        (block(0x21, 0x11, ipv4), "100.64.0.7"), (block(0x21, 0x21, ipv6), "2001:d38::7"),
        // Fields after the addresses are passed over (section 2.2.7).
        (block(0x21, 0x11, ipv4 + [4, 0, 2, 0, 0]), "100.64.0.7"),
        // A health check of the proxy, a Unix socket, a protocol that is not known, and UDP.
        (block(0x20, 0x00, []), nil), (block(0x20, 0x11, ipv4), nil),
        (block(0x21, 0x31, [UInt8](repeating: 97, count: 100)), nil), (block(0x21, 0x00, [1, 2, 3]), nil),
        (block(0x21, 0x12, ipv4), nil),
    ]

    @Test("names the client, in either version and whatever pieces it arrives in", arguments: readableHeaders)
    func readable(_ header: String, _ client: String?) throws {
        for size in 1...4 {
            var (bytes, rest) = (ByteBuffer(), Array((header + "GET").utf8)[...])
            var reading = ProxyProtocolHeader.Reading.incomplete
            while reading == .incomplete, !rest.isEmpty {
                bytes.writeBytes(rest.prefix(size))
                rest = rest.dropFirst(size)
                reading = try ProxyProtocolHeader.read(from: &bytes)
            }
            #expect(reading == .header(ProxyProtocolHeader(client: client)))
            #expect(String(buffer: bytes) + String(decoding: rest, as: UTF8.self) == "GET")
        }
    }

    private static let malformedHeaders = [
        "PROXY TCP4 203.0.113.7 10.0.0.1 56324\r\n", "PROXY TCP4 2001:db8::7 ::1 1 80\r\n",
        "PROXY TCP6 203.0.113.7 10.0.0.1 1 80\r\n", "PROXY TCP4 203.0.113.7  10.0.0.1 1 80\r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 65536 80\r\n", "PROXY TCP4 203.0.113.7 10.0.0.1 01 80\r\n",
        "PROXY TCP4 203.0.113 10.0.0.1 1 80\r\n", "PROXY UDP4 203.0.113.7 10.0.0.1 1 80\r\n", "PROXY \r\n",
        "PROXY TCP4 203.0.113.7 10.0.0.1 1 80\n", "PROXY UNKNOWN " + String(repeating: "a", count: 100),
        block(0x22, 0x11, ipv4), block(0x11, 0x11, ipv4), block(0x21, 0x11, [100, 64, 0, 7]),
        block(0x21, 0x21, ipv4), block(0x21, 0x11, ipv4, length: 0x7F7F),
    ]

    @Test("is refused if it is malformed, as soon as that is certain", arguments: malformedHeaders)
    func malformed(_ header: String) throws {
        var bytes = ByteBuffer(string: header)
        #expect(throws: RequestFault.malformedProxyHeader) { try ProxyProtocolHeader.read(from: &bytes) }
    }

    @Test(
        "is nothing that a request begins with",
        arguments: ["GET / HTTP/1.1\r\n", "\r\n\r\nGET /", "PROXY/", "P", "\r\n"])
    func requests(_ text: String) throws {
        var bytes = ByteBuffer(string: text)
        let isBeginning = ["P", "\r\n"].contains(text)
        let reading = try ProxyProtocolHeader.read(from: &bytes)
        #expect(reading == (isBeginning ? .incomplete : .none))
        #expect(String(buffer: bytes) == text)
    }

    private func reply(_ text: String, by proxies: [String], _ use: ProxyProtocol) async throws -> (String, [String?]) {
        let settings = HTTPFront.FrontSettings(trustedProxies: try TrustedProxies(proxies), proxyProtocol: use)
        var result: (String, [String?]) = ("", [])
        try await Shop.open(settings) { shop in
            let answer = try await RawSocket(port: shop.port).send(text) { $0.contains("\r\n\r\n") }
            result = (answer.components(separatedBy: "\r\n")[0], shop.journal.all.map(\.origin))
        }
        return result
    }

    @Test("counts from a trusted proxy, and only if the settings say so")
    func origin() async throws {
        let request = "GET /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n"
        let headers = [
            ("PROXY TCP4 203.0.113.7 10.0.0.1 1 80\r\n", "203.0.113.7"),
            (Self.block(0x21, 0x11, Self.ipv4), "100.64.0.7"),
        ]
        for (header, client) in headers {
            for use in [ProxyProtocol.optional, .required] {
                let (status, origins) = try await reply(header + request, by: ["127.0.0.0/8"], use)
                #expect(status == "HTTP/1.1 200 OK" && origins == [client])
            }
            for (proxies, use) in [(["10.0.0.1"], ProxyProtocol.required), (["127.0.0.1"], .off)] {
                #expect(try await reply(header + request, by: proxies, use).0 == "HTTP/1.1 400 Bad Request")
            }
        }
        // The proxy's own health check.
        let check = Self.block(0x20, 0x00, []) + request
        let (status, origins) = try await reply(check, by: ["127.0.0.1"], .required)
        #expect(status == "HTTP/1.1 200 OK" && origins == ["127.0.0.1"])
    }

    @Test("may be missing if it is optional or the peer is no proxy, and is asked for if it is required")
    func missing() async throws {
        let request = "GET /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(try await reply(request, by: ["127.0.0.1"], .optional).0 == "HTTP/1.1 200 OK")
        #expect(try await reply(request, by: ["10.0.0.1"], .required).0 == "HTTP/1.1 200 OK")
        #expect(try await reply(request, by: ["127.0.0.1"], .required).0 == "HTTP/1.1 400 Bad Request")
        #expect(try await reply(Self.malformedHeaders[0] + request, by: ["127.0.0.1"], .optional).0.contains(" 400 "))
    }

    @Test("that does not come to an end is not waited for longer than the idle time")
    func slow() async throws {
        let settings = HTTPFront.FrontSettings(
            idleTimeout: .milliseconds(100), trustedProxies: try TrustedProxies(["127.0.0.1"]), proxyProtocol: .required
        )
        try await Shop.open(settings) { shop in
            _ = try await RawSocket(port: shop.port).send(Self.signature) { _ in false }
            try await eventually { shop.front.connections.count == 0 }
        }
    }
}
