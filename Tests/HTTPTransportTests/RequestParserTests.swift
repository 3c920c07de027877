import NIOCore
import NIOEmbedded
import NIOHTTP1
import Noise
import Testing

@testable import HTTPTransport

@Suite("The parser of requests")
struct RequestParserTests {
    /// The result of the parser for some bytes.
    struct Reading: Equatable, CustomStringConvertible {
        var requests: [String] = []
        var fault: RequestFault?
        var rest = 0

        var description: String { "\(requests) \(fault.map { "\($0)" } ?? "") \(rest)" }
    }

    /// Reads bytes that arrive in pieces of a size.
    private func read(_ text: String, by size: Int = .max) -> Reading {
        var (parser, bytes, reading) = (RequestParser(), ByteBuffer(), Reading())
        var text = Array(text.utf8)[...]
        var body: String?
        do throws(RequestFault) {
            while !text.isEmpty {
                bytes.writeBytes(text.prefix(size))
                text = text.dropFirst(size)
                while let part = try parser.next(from: &bytes) {
                    switch part {
                    case .head(let head):
                        reading.requests.append("\(head.method) \(head.target)")
                        body = ""
                    case .body(let part): body? += String(buffer: part)
                    case .end: if let body, !body.isEmpty { reading.requests.append(body) }
                    }
                }
            }
        } catch {
            reading.fault = error
        }
        reading.rest = bytes.readableBytes
        return reading
    }

    static let readable: [(String, [String])] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /"]),
        ("\r\n\r\nGET / HTTP/1.0\r\n\r\n", ["GET /"]),
        ("GET http://a/b?c=d HTTP/1.1\r\nhost:a\r\n\r\n", ["GET http://a/b?c=d"]),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nX: \t b \t\r\nEmpty:\r\n\r\n", ["OPTIONS *"]),
        ("BREW /ü HTTP/1.1\r\nHost: ü\r\n\r\n", ["BREW /ü"]),
        (
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            ["POST /a", "abc", "GET /b"]
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            ["POST /", "GET /b"]
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "2\r\nab\r\n00a;n=\"v\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            ["PUT /", "ab0123456789", "GET /b"]
        ),
        (
            "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0000000000000002\r\nab\r\n000000000000000000000000000000000001 \t;n\r\nc\r\n"
                + "1 \r\nd\r\n00000000000000000\r\n\r\n",
            ["PUT /", "abcd"]
        ),
        // No offer of another protocol is accepted, and so what follows is the next request (RFC 9110, section 7.8).
        (
            "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
            ["GET /a", "GET /b"]
        ),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", ["CONNECT a:1", "GET /b"]),
    ]

    @Test("reads requests, whatever pieces they arrive in", arguments: readable)
    func requests(_ text: String, _ requests: [String]) {
        for size in [text.utf8.count, 1, 2, 3, 7] {
            #expect(read(text, by: size) == Reading(requests: requests))
        }
    }

    @Test(
        "refuses what is no request, or of which others might think otherwise",
        arguments: [
            "GET / HTTP/1.1\nHost: a\n\n", "GET  / HTTP/1.1\r\n", "GET /\r\n", "GET / HTTP/1.1 \r\n",
            " GET / HTTP/1.1\r\n",
            "GET / http/1.1\r\n", "GET / HTTP/1.10\r\n", "GET / HTTP/1,1\r\n", "G(T / HTTP/1.1\r\n",
            "GET /\t HTTP/1.1\r\n",
            "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost : a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n",
            "GET / HTTP/1.1\r\n: a\r\n", "GET / HTTP/1.1\r\nA\r\n", "GET / HTTP/1.1\r\nA: \u{0}\r\n",
            "GET / HTTP/1.1\r\nA: b\rc\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        ])
    func malformed(_ text: String) {
        for size in [Int.max, 1] { #expect(read(text, by: size).fault == .malformed, "\(text)") }
    }

    @Test(
        "refuses chunks that are none",
        arguments: [
            "g\r\n", "\r\n", "-1\r\n", "0x1\r\n", "8000000000000000\r\n", "00ffffffffffffffff\r\n",
            "10000000000000001\r\na", "1 a\r\n", "1 1\r\n", ";a\r\n", "1\r\nab\r\n", "1\r\na\n", "1\n",
        ])
    func chunks(_ text: String) {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        for size in [Int.max, 1] { #expect(read(head + text, by: size).fault == .malformed) }
    }

    @Test("takes a request line and header fields up to 16 KiB each, and tells which was too large")
    func limits() {
        func request(target: Int, field: Int) -> String {
            "GET /" + String(repeating: "a", count: target) + " HTTP/1.1\r\nA: " + String(repeating: "b", count: field)
        }
        #expect(read(request(target: 16_000, field: 16_000) + "\r\n\r\n").fault == nil)
        for end in ["", "\r\n\r\n"] {
            #expect(read(request(target: 17_000, field: 0) + end).fault == .targetTooLong)
            #expect(read(request(target: 0, field: 17_000) + end, by: 1000).fault == .headTooLarge)
        }
        let many = "GET / HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 3000)
        #expect(read(many).fault == .headTooLarge)
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 3000)).fault == .headTooLarge)
        let chunks = String(repeating: "1\r\na\r\n", count: 10_000)
        #expect(read(chunked + chunks + "0\r\n\r\n").fault == nil)
    }

    @Test("reads nothing beyond the request it is at")
    func bounds() throws {
        var (parser, bytes) = (
            RequestParser(), ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n")
        )
        guard case .head = try parser.next(from: &bytes), case .end = try parser.next(from: &bytes) else {
            Issue.record("There is no request.")
            return
        }
        #expect(String(buffer: bytes) == "GET /b HTTP/1.1\r\n")
    }

    @Test("reads random changes of requests as NIO's parser does, or is stricter")
    func oracle() {
        var random = Noise(seed: 9112)
        let seeds = Self.readable.map(\.0).filter { !$0.contains("Upgrade") && !$0.contains("CONNECT") }
        let spice = Array("\r\n\t :;,0a/\u{0}\u{7F}=\"".utf8)
        for _ in 0..<5000 {
            var bytes = Array(seeds.randomElement(using: &random)!.utf8)
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = spice.randomElement(using: &random)!
                case 1: bytes.insert(spice.randomElement(using: &random)!, at: place)
                default: bytes.remove(at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let (ours, theirs) = (read(text), readByNIO(text))
            guard ours.fault == nil else { continue }
            // It knows fewer methods and targets, and so may refuse what is a request.
            #expect(ours.requests.starts(with: theirs), "\(text.debugDescription)")
        }
    }

    private func readByNIO(_ text: String) -> [String] {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var (requests, body): ([String], String) = ([], "")
        _ = try? channel.writeInbound(ByteBuffer(string: text))
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head):
                requests.append("\(head.method.rawValue) \(head.uri)")
                body = ""
            case .body(let part): body += String(buffer: part)
            case .end: if !body.isEmpty { requests.append(body) }
            }
        }
        return requests
    }
}
