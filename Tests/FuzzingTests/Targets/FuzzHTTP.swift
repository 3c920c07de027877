import Endpoints
import Foundation
import JSON
import NIOCore

@testable import HTTPTransport
@testable import RPC

/// One endpoint for each way that an input can travel.
private enum FuzzedContract: Contract {
    static let name = "shop"
    static let version = "1.0.0"
    static let summary = "Made for fuzzing."

    static let find = Endpoint<FuzzedPayload, Empty>(
        "find", .get, "/items", access: .open, summary: "Takes everything in the query.")
    static let item = Endpoint<FuzzedPayload, Empty>(
        "item", .get, "/items/{text}/{count}", access: .open, summary: "Takes path fields.")
    static let change = Endpoint<FuzzedPayload, Empty>(
        "change", .put, "/items/{text}", access: .open, summary: "Takes path and body.")
    static let seek = Endpoint<FuzzedPayload, Empty>(
        "seek", .post, "/search", acceptsForms: true, access: .open, summary: "Takes a form.")
    static let endpoints = EndpointList {
        find
        item
        change
        seek
    }
}

private let routes: Routes = {
    guard let routes = try? Routes([FuzzedContract.description]) else { preconditionFailure("routes conflict") }
    return routes
}()

// MARK: - Requests

/// The bytes of a connection, at once and in pieces: both are read alike.
func fuzzRequest(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    let size = 1 + Int(input.byte())
    let rest = input.remaining()
    let (whole, cut) = (readRequests(rest, in: max(1, rest.count)), readRequests(rest, in: size))
    precondition(whole == cut, "\(whole) is not \(cut)")
}

private func readRequests(_ bytes: [UInt8], in size: Int) -> [String] {
    var (parser, buffer, lines) = (RequestParser(), ByteBuffer(), [String]())
    var body: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
        buffer.writeBytes(bytes[start..<min(start + size, bytes.count)])
        do throws(RequestFault) {
            while let part = try parser.next(from: &buffer) {
                switch part {
                case .head(let head): lines.append(line(head))
                case .body(let part): body += part.readableBytesView
                case .end:
                    lines.append("\(body)")
                    body = []
                }
            }
        } catch {
            return lines + ["\(error)"]
        }
        precondition(buffer.readableBytes <= max(size, RequestParser.maxSize) + size, "It holds too much.")
    }
    return lines
}

private func line(_ head: RequestHead) -> String {
    let target = RequestTarget(head.target)
    var text = "\(head.method) \(head.isKeepAlive) \(String(describing: head.headers.contentType))"
    if case .endpoint(let route, let fields) = routes.destination(head.method, target.path) {
        let call = HTTPMapping.call(route, head.headers)
        precondition((call.timeout ?? .zero) >= .zero && call.token?.isEmpty != true)
        _ = HTTPMapping.response(to: call, .failure(call.rejection ?? .notConnected), route.endpoint)
        text += " \(route.name) \(fields.sorted { $0.key < $1.key })"
    }
    _ = try? head.headers.clientCredentials()
    return text
}

let requestSeeds: [[UInt8]] = [
    "\u{5}GET /items?text=a&count=2 HTTP/1.1\r\nHost: a:80\r\nX-Token: t\r\nAccept-Encoding: gzip;q=0.5, *\r\n\r\n",
    "\u{1}POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n"
        + "Content-Type: application/x-www-form-urlencoded\r\nAuthorization: Basic YTpi\r\n\r\ntext=aGET / HTTP/1.0\r\n\r\n",
    "\u{9}PUT /items/a%20b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
        + "X-Timeout-Ms: 100\r\n\r\n5;a=b\r\n{\"a\":\r\n2\r\n1}\r\n0\r\nA: b\r\n\r\n",
    "\u{3}OPTIONS http://a/items/b/3/?x HTTP/1.1\r\nHost: a\r\nConnection: close, te\r\nPrefer: server-timing\r\n\r\n",
    "\u{2}GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        + "Forwarded: for=1.2.3.4\r\nForwarded: for=5.6.7.8\r\nX-Request-ID: a\r\nIf-None-Match: \"a\"\r\n\r\n",
].map { Array($0.utf8) }

// MARK: - Paths, queries, forms

/// A method, a target and a body, as the input of an endpoint.
func fuzzRoutes(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    let method = ["GET", "PUT", "POST", "OPTIONS", "HEAD", "DELETE"][Int(input.byte() % 6)]
    let target = RequestTarget(String(decoding: input.piece(), as: UTF8.self))
    let body = Data(input.remaining())
    if let text = PercentEncoding.decode(target.path) {
        precondition(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }
    guard case .endpoint(let route, let fields) = routes.destination(method, target.path) else { return }
    for isForm in [false, true] {
        guard
            let json = try? route.input(
                path: fields, query: target.query, body: body, isForm: isForm && route.endpoint.http.acceptsForms)
        else { continue }
        precondition(route.hasBody || json.isEmpty || (try? JSONValue(json: json)) != nil, "It is no JSON.")
        _ = try? PayloadCoder.input(FuzzedPayload.self, from: json)
    }
}

let routeSeeds: [[UInt8]] = [
    [0] + pieces("/items?text=hot+tea&count=2&exact=true&tags=a&tags=b%26c&share=0.5&time=2026-01-01T00:00:00Z"),
    [0] + pieces("/items/%C3%A9%2F/3/?count=4"), [1] + pieces("/items/a") + Array(#"{"text":"b","count":1}"#.utf8),
    [2] + pieces("/search?x=%") + Array("text=a&text=b&count=%31&=&tags".utf8), [3] + pieces("*"),
    [4] + pieces("http://a.b/items?text=1e999"), [5] + pieces("https://a?/search"),
]

// MARK: - Proxies

private let proxies: TrustedProxies = {
    guard let proxies = try? TrustedProxies(["10.0.0.0/8", "2001:db8:1::/48"]) else {
        preconditionFailure("these are networks")
    }
    return proxies
}()

/// The words of a trusted proxy on its client, in four fields, and the address of a network.
func fuzzForwarded(_ bytes: [UInt8]) {
    var input = InputBytes(bytes)
    let fields = (0..<5).map { _ in input.piece() }
    var headers = RequestHeaders()
    let names = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix"]
    for (name, value) in zip(names, fields) where !value.isEmpty { headers.add(Array(name.utf8), value) }
    let client = proxies.client(of: "10.1.2.3", forwarded: headers.forwarded, forwardedFor: headers.forwardedFor)
    precondition(IPAddress(client)?.text == client, "\(client) is no address.")
    precondition(
        proxies.client(of: "203.0.113.1", forwarded: headers.forwarded, forwardedFor: headers.forwardedFor)
            == "203.0.113.1")
    if let url = proxies.baseURL(of: "10.1.2.3", headers) {
        precondition(URL(string: url.text) != nil && url.text.hasSuffix("/"), "\(url.text) is no URL.")
    }
    guard let text = String(validating: input.remaining(), as: UTF8.self), let network = Network(text) else { return }
    _ = IPAddress(client).map(network.contains)
}

let forwardedSeeds: [[UInt8]] = [
    pieces("for=203.0.113.7;proto=https;host=a.org, for=10.0.0.2", "203.0.113.7, 10.0.0.2", "", "", "/shop/")
        + Array("10.0.0.0/8".utf8),
    pieces("For=\"[2001:db8:2::1]:4711\"", "[2001:db8:2::1]:80", "a.org:8443", "http, https", "/a/b")
        + Array("::ffff:10.0.0.0/104".utf8),
    pieces("for=unknown", "::ffff:203.0.113.7%eth0", "[::1]", "https", "/"),
]

/// The beginning of a connection from a proxy, at once and byte by byte.
func fuzzProxy(_ bytes: [UInt8]) {
    var whole = ByteBuffer(bytes: bytes)
    let result = readProxyHeader(&whole)
    var buffer = ByteBuffer()
    for byte in bytes {
        buffer.writeInteger(byte)
        let step = readProxyHeader(&buffer)
        guard step != "incomplete" else {
            precondition(buffer.readableBytes <= 4200, "It waits for more than a header may have.")
            continue
        }
        precondition(step == result, "\(step) is not \(result)")
        return
    }
    precondition(bytes.isEmpty || result == "incomplete", result)
}

private func readProxyHeader(_ bytes: inout ByteBuffer) -> String {
    do throws(RequestFault) {
        let reading = try ProxyProtocolHeader.read(from: &bytes)
        if case .header(let header) = reading, let client = header.client {
            precondition(IPAddress(client)?.text == client, "\(client) is no address.")
        }
        return "\(reading)"
    } catch {
        return "\(error)"
    }
}

let proxySeeds: [[UInt8]] = {
    let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    return [
        Array("PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\nGET".utf8), Array("PROXY UNKNOWN\r\n".utf8),
        Array("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n".utf8), Array("GET / HTTP/1.1\r\n".utf8),
        signature + [0x21, 0x11, 0, 12, 203, 0, 113, 7, 10, 0, 0, 1, 18, 103, 1, 187],
        signature + [0x21, 0x21, 0, 38] + [UInt8](repeating: 1, count: 36) + [3, 0], signature + [0x20, 0, 0, 0],
        signature + [0x21, 0x31, 0, 216] + [UInt8](repeating: 0, count: 216),
    ]
}()
