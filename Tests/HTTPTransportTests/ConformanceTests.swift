import HTTPTransport
import Testing

/// The rules of RFC 9110 and RFC 9112 for a server, as a client sees them. How requests are parsed is with the parser.
@Suite("HTTP/1.1", .timeLimit(.minutes(1)))
struct ConformanceTests {
    /// A rule: what is sent, the statuses that come back, and what must or must not stand in the answer.
    struct Rule: CustomTestStringConvertible {
        let section: String
        let rule: String
        let request: String
        let statuses: [Int]
        var contains: [String] = []
        var lacks: [String] = []

        var testDescription: String { "\(section): \(rule)" }
    }

    private static let get = "GET /shop/bare HTTP/1.1\r\nHost: a\r\n"
    private static let post = "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    private static let json = #"{"id":7,"name":"tea"}"#
    private static let last = "GET /shop/left HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private static let rules: [Rule] = [
        // RFC 9112
        Rule(
            section: "9112 2.2", rule: "empty lines before a request are passed over",
            request: "\r\n\r\n" + get + "\r\n" + last, statuses: [200, 200]),
        Rule(
            section: "9112 2.2", rule: "a bare CR is refused", request: "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
            statuses: [400]),
        Rule(
            section: "9112 2.3", rule: "a later minor version is read as 1.1",
            request: "GET /shop/bare HTTP/1.2\r\nHost: a\r\nConnection: close\r\n\r\n", statuses: [200],
            contains: ["HTTP/1.1 200"]),
        Rule(
            section: "9110 15.6.6", rule: "another major version is a 505",
            request: "GET / HTTP/2.0\r\nHost: a\r\n\r\n", statuses: [505], contains: ["Connection: close"]),
        Rule(
            section: "9113 3.4", rule: "so is the preface of HTTP/2",
            request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", statuses: [505]),
        Rule(
            section: "9112 3", rule: "a request line that is too long is a 414",
            request: "GET /" + String(repeating: "a", count: 17_000) + " HTTP/1.1\r\n\r\n", statuses: [414]),
        Rule(
            section: "9112 3.2", rule: "no Host is a 400", request: "GET /shop/bare HTTP/1.1\r\n\r\n" + last,
            statuses: [400, 200]),
        Rule(
            section: "9112 3.2", rule: "two Hosts are a 400", request: get + "Host: b\r\n\r\n" + last,
            statuses: [400, 200]),
        Rule(
            section: "9112 3.2", rule: "a Host that is none is a 400",
            request: "GET /shop/bare HTTP/1.1\r\nHost: a/b\r\n\r\nGET /shop/bare HTTP/1.1\r\nHost: a b\r\n\r\n" + last,
            statuses: [400, 400, 200]),
        Rule(
            section: "9112 3.2", rule: "a Host may have a port, be of IPv6, or be empty",
            request: ["a:1", "[::1]:80", ""].map { "GET /shop/bare HTTP/1.1\r\nHost: \($0)\r\n\r\n" }.joined() + last,
            statuses: [200, 200, 200, 200]),
        Rule(
            section: "9112 3.2.2", rule: "the absolute form is taken",
            request:
                "GET http://a/shop/bare HTTP/1.1\r\nHost: b\r\n\r\nGET http://a?b=/shop/bare HTTP/1.1\r\nHost: a\r\n\r\n"
                + last,
            statuses: [200, 404, 200]),
        Rule(
            section: "9112 3.2.4", rule: "the asterisk form asks for the whole service",
            request: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [204, 200],
            contains: ["Allow: DELETE, GET, HEAD, OPTIONS, POST, PUT"]),
        Rule(
            section: "9112 5.1", rule: "whitespace before the colon is a 400",
            request: "GET / HTTP/1.1\r\nHost : a\r\n\r\n", statuses: [400]),
        Rule(section: "9112 5.2", rule: "a folded line is a 400", request: get + "A: b\r\n c\r\n\r\n", statuses: [400]),
        Rule(
            section: "9112 6.1", rule: "a transfer coding that is not known is a 501",
            request: post + "Transfer-Encoding: gzip, chunked\r\n\r\n", statuses: [501], contains: ["Connection: close"]
        ),
        Rule(
            section: "9112 6.1", rule: "a transfer coding in HTTP/1.0 is a 400",
            request: "POST /shop/items HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", statuses: [400]),
        Rule(
            section: "9112 6.1", rule: "Content-Length beside Transfer-Encoding is a 400, and the end",
            request: post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + last, statuses: [400]),
        Rule(
            section: "9112 6.3", rule: "chunked that is not last is a 400",
            request: post + "Transfer-Encoding: chunked, gzip\r\n\r\n", statuses: [400]),
        Rule(
            section: "9112 6.3", rule: "a Content-Length that is none, or two, are a 400",
            request: post + "Content-Length: 2, 2\r\n\r\n{}", statuses: [400]),
        Rule(
            section: "9112 6.3", rule: "without any length there is no body",
            request: post + "\r\n" + last, statuses: [422, 200]),
        Rule(
            section: "9112 7.1.1", rule: "extensions of chunks are passed over",
            request: post + "Transfer-Encoding: chunked\r\n\r\n15;a;b=\"c\"\r\n\(json)\r\n0;d\r\n\r\n" + last,
            statuses: [201, 200]),
        Rule(
            section: "9112 7.1.2", rule: "trailers are passed over, and are no header fields",
            request: "PUT /shop/items/7 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0\r\nX-Token: good:change\r\n\r\n" + last,
            statuses: [401, 200]),
        Rule(
            section: "9112 9.3", rule: "the connection goes on, but not after close, in whatever case and list",
            request: get + "\r\n" + get + "Connection: keep-alive, CLOSE\r\n\r\n" + last, statuses: [200, 200],
            contains: ["Connection: close"]),
        Rule(
            section: "9112 9.3.2", rule: "answers come in the order of the requests",
            request: get + "\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [200, 404, 200]),
        // RFC 9110
        Rule(
            section: "9110 5.1", rule: "the names of fields are of any case",
            request: "GET /shop/bare HTTP/1.1\r\nhOST: a\r\ncONNECTION: close\r\n\r\n", statuses: [200]),
        Rule(
            section: "9110 6.6.1", rule: "each answer has a Date", request: last, statuses: [200], contains: ["Date: "]),
        Rule(
            section: "9110 8.4", rule: "a body in a content coding is a 415 that says which is taken",
            request: post + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd" + last, statuses: [415, 200],
            contains: ["Accept-Encoding: identity"]),
        Rule(
            section: "9110 9.1", rule: "methods are case-sensitive",
            request: "get /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [405, 200]),
        Rule(
            section: "9110 9.3.2", rule: "HEAD has the fields of GET, and no body",
            request: "HEAD /shop/items?text=tea HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [200, 200],
            contains: ["Content-Length: 32"], lacks: ["tea 0"]),
        Rule(
            section: "9110 9.3.7", rule: "OPTIONS names the methods",
            request: "OPTIONS /shop/items HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [204, 200],
            contains: ["Allow: GET, HEAD, OPTIONS, POST"]),
        Rule(
            section: "9110 10.1.1", rule: "100-continue is granted",
            request: post + "Expect: 100-Continue\r\nContent-Length: 21\r\n\r\n" + json + last,
            statuses: [100, 201, 200]),
        Rule(
            section: "9110 10.1.1", rule: "but not to HTTP/1.0",
            request: "POST /shop/items HTTP/1.0\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                + "Content-Length: 21\r\n\r\n" + json,
            statuses: [201]),
        Rule(
            section: "9110 10.1.1", rule: "another expectation is a 417, and the end",
            request: post + "Expect: tea\r\nContent-Length: 21\r\n\r\n" + json + last, statuses: [417],
            contains: ["Connection: close"]),
        Rule(
            section: "9110 10.1.1", rule: "a request without a body, too, and the connection goes on",
            request: get + "Expect: tea\r\n\r\n" + last, statuses: [417, 200]),
        Rule(
            section: "9110 7.8", rule: "an offered upgrade is passed over",
            request: get + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + last, statuses: [200, 200]),
        Rule(
            section: "9110 15.5.6", rule: "a method that the path lacks is a 405 with Allow",
            request: "TRACE /shop/bare HTTP/1.1\r\nHost: a\r\n\r\n" + last, statuses: [405, 200],
            contains: ["Allow: GET, HEAD, OPTIONS"]),
        Rule(
            section: "9110 15.5.14", rule: "a body that is too large is a 413, and the end",
            request: post + "Content-Length: 2000000\r\n\r\n", statuses: [413], contains: ["Connection: close"]),
        Rule(
            section: "9110 15.5.16", rule: "another media type is a 415",
            request: "POST /shop/items HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"
                + last,
            statuses: [415, 200]),
        Rule(
            section: "6585 5", rule: "header fields that are too large are a 431",
            request: get + String(repeating: "A: b\r\n", count: 3000) + "\r\n", statuses: [431]),
    ]

    @Test("keeps a rule", arguments: rules)
    func keeps(_ rule: Rule) async throws {
        try await Shop.open { shop in
            let answer = try await RawSocket(port: shop.port).send(halfClosing: rule.request)
            let statuses = answer.matches(of: #/HTTP/1\.[01] (\d{3}) /#).compactMap { Int($0.1) }
            #expect(statuses == rule.statuses, "\(answer)")
            for text in rule.contains { #expect(answer.contains(text), "\(answer)") }
            for text in rule.lacks { #expect(!answer.contains(text), "\(answer)") }
        }
    }
}
