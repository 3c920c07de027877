import Endpoints
import Foundation
import NIOHTTP1
import RPC
import Testing
import Web

@testable import HTTPTransport

@Suite("A request over HTTP", .timeLimit(.minutes(1)))
struct RequestTests {
    @Test("carries its input in the query, each field by its type")
    func query() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send(
                "GET", "/shop/items?text=hot%20tea&count=2&exact=true&tags=a&tags=b%26c&more=1")
            #expect(answer.status == 200)
            #expect(answer.body == #"{"data":{"text":"hot tea 2 true a+b&c"}}"#)
            #expect(answer["Content-Type"] == "application/json")
            #expect(answer["Content-Length"] == String(answer.body.utf8.count))
            try await #expect(shop.send("GET", "/shop/items?text=a+b").body.contains("a b 0"))
        }
    }

    @Test("is answered with what its holder alone may cache if it needs a token, however that is shown")
    func caching() {
        func fields(_ access: Access) -> [[String]] {
            let endpoint = Endpoint<Empty, Found>("x", .get, "/x", cache: .seconds(60), access: access, summary: "X.")
            let reply = Reply.success(status: 200, body: Data("{}".utf8))
            let headers = HTTPMapping.response(to: Call("shop.x"), reply, endpoint.description).headers
            return [headers["Cache-Control"], headers["Vary"]]
        }
        #expect(fields(.open) == [["max-age=60"], []])
        for access in [Access.token, .permission("x")] {
            #expect(fields(access) == [["private, max-age=60"], ["Authorization, X-Token"]])
        }
    }

    @Test("carries its input in the path, under every alias and with a last slash")
    func path() async throws {
        try await Shop.open { shop in
            for path in ["/shop/items/7", "/shop/items/7/", "/shop/things/7", "/shop/items/%37?name=-&id=8"] {
                try await #expect(shop.send("GET", path).body == #"{"data":{"text":"7 -"}}"#, "\(path)")
            }
            try await #expect(shop.send("GET", "/shop/items/7?name=%C3%A9").body == #"{"data":{"text":"7 é"}}"#)
        }
    }

    @Test("carries its input in the body, into which the path is merged")
    func body() async throws {
        try await Shop.open { shop in
            let json = ["Content-Type": "application/json; charset=utf-8"]
            let added = try await shop.send("POST", "/shop/items", json, body: #"{"id":7,"name":"tea"}"#)
            #expect(added.status == 201)
            #expect(added.body == #"{"data":{"text":"7 tea"}}"#)
            let token = json.merging(["X-Token": "good:change"]) { $1 }
            let changed = try await shop.send("PUT", "/shop/items/8", token, body: #"{"id":7,"name":"tea"}"#)
            #expect(changed.body == #"{"data":{"text":"8 tea"}}"#)
            try await #expect(shop.send("PUT", "/shop/items/8", token).body == #"{"data":{"text":"8 -"}}"#)
        }
    }

    @Test("carries its input in a form where the endpoint takes one, each field by its type")
    func form() async throws {
        try await Shop.open { shop in
            func send(_ body: String, _ type: String = "application/x-www-form-urlencoded") async throws -> Answer {
                try await shop.send("POST", "/shop/search", ["Content-Type": type], body: body)
            }
            for type in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=utf-8"] {
                let answer = try await send("text=hot+tea&count=2&exact=true&tags=a&tags=b%26c&more=1", type)
                #expect(answer.body == #"{"data":{"text":"hot tea 2 true a+b&c"}}"#)
            }
            #expect(try await send(#"{"text":"tea"}"#, "application/json").body == #"{"data":{"text":"tea 0 false "}}"#)
            for (body, status) in [("text=a&text=b", 422), ("count=2", 422), ("", 422), ("text=%zz", 400)] {
                #expect(try await send(body).status == status, "\(body)")
            }
            for (body, found) in [("text=tea", "tea 0 false "), (#" {"text":"{"}"#, "{ 0 false ")] {
                let answer = try await shop.send("POST", "/shop/search", [:], body: body)
                #expect(answer.body == #"{"data":{"text":"\#(found)"}}"#, "\(body)")
            }
            let typed = try await send("text=tea", "text/plain")
            #expect(typed.status == 415 && typed.body.contains("application/x-www-form-urlencoded or application/json"))
            let elsewhere = try await shop.send(
                "POST", "/shop/items", ["Content-Type": "application/x-www-form-urlencoded"], body: "id=7")
            #expect(elsewhere.status == 415)
        }
    }

    @Test("carries bytes as they are, of whatever media type, but not the parts of a form")
    func bytes() async throws {
        try await Shop.open { shop in
            for type in [nil, "application/octet-stream", "image/png", "application/x-www-form-urlencoded"] {
                let headers = type.map { ["Content-Type": $0, "Accept-Encoding": "gzip"] } ?? [:]
                for text in ["", "{", "a=b&c\u{0}", String(repeating: "x", count: 10_000)] {
                    let answer = try await shop.send("POST", "/shop/copies", headers, body: text)
                    #expect(answer.status == 200 && answer.body == text)
                    #expect(answer["Content-Type"] == "application/octet-stream")
                    #expect(answer["Content-Encoding"] == nil)
                }
            }
            let form = ["Content-Type": "multipart/form-data; boundary=x"]
            try await #expect(shop.send("POST", "/shop/copies", form, body: "--x--").status == 415)
        }
    }

    @Test("to an output that is empty is answered with an empty object")
    func empty() async throws {
        try await Shop.open { shop in
            try await #expect(shop.send("DELETE", "/shop/items/7", ["X-Token": "good"]).body == #"{"data":{}}"#)
        }
    }

    @Test("to an endpoint without an envelope is answered with the output itself")
    func bare() async throws {
        try await Shop.open { shop in
            try await #expect(shop.send("GET", "/shop/bare").body.hasPrefix(#"{"text":"#))
        }
    }

    @Test("with a HEAD is answered like a GET, without the body")
    func head() async throws {
        try await Shop.open { shop in
            let get = try await shop.send("GET", "/shop/items/7")
            let head = try await shop.send("HEAD", "/shop/items/7")
            #expect(head.status == 200)
            #expect(head["Content-Length"] == get["Content-Length"])
            #expect(head.body.isEmpty)
            try await #expect(shop.send("HEAD", "/nowhere").status == 404)
        }
    }

    @Test("with OPTIONS gets the methods of the path")
    func options() async throws {
        try await Shop.open { shop in
            let answer = try await shop.send("OPTIONS", "/shop/items/7")
            #expect(answer.status == 204)
            #expect(answer["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT")
            #expect(answer["Content-Length"] == nil)
            try await #expect(shop.send("OPTIONS", "/nowhere").status == 404)
        }
    }

    @Test("finds its endpoint if letters of the path are percent-encoded", arguments: ["/shop/b%61re", "/%73hop/bare"])
    func encodedPath(path: String) async throws {
        try await Shop.open { shop in try await #expect(shop.send("GET", path).status == 200) }
    }

    @Test("is given a new trace if it names two")
    func twoTraces() async throws {
        try await Shop.open { shop in
            let fields = ["a", "b"].map {
                "traceparent: 00-" + String(repeating: $0, count: 32) + "-b7ad6b7169203331-01\r\n"
            }
            let request = "GET /shop/bare HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields.joined())\r\n"
            let answer = try await RawSocket(port: shop.port).send(request) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("aaaaaaaa") && !answer.contains("bbbbbbbb"))
        }
    }

    @Test("shares the caller's ids, or is given new ones")
    func ids() async throws {
        try await Shop.open { shop in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let parent = "00-\(trace)-b7ad6b7169203331-01"
            let answer = try await shop.send("GET", "/shop/bare", ["traceparent": parent, "X-Request-Id": "mine-1"])
            #expect(answer.body.contains(trace))
            #expect(answer["traceparent"] == parent)
            #expect(answer["X-Request-Id"] == "mine-1")
            let other = try await shop.send(
                "GET", "/shop/bare", ["traceparent": "00-0-0-0", "X-Request-Id": "not mine"])
            let id = try #require(other["X-Request-Id"])
            #expect(id.count == 32 && other["traceparent"]?.contains(id) == true && other.body.contains(id))
            let long = String(repeating: "a", count: 129)
            try await #expect(shop.send("GET", "/shop/bare", ["X-Request-Id": long])["X-Request-Id"] != long)
        }
    }

    @Test("passes other tracing systems' data on, of several fields together, and only with a trace")
    func traceState() {
        func state(_ fields: (String, String)...) -> String? {
            var headers = RequestHeaders()
            for (name, value) in fields { headers.add(name.utf8, value.utf8) }
            return headers.trace?.state
        }
        let parent = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        #expect(state(("Tracestate", "a=1"), parent, ("tracestate", "b=2,c=3")) == "a=1,b=2,c=3")
        #expect(state(("tracestate", "a=1"), ("traceparent", "00-0-0-0")) == nil)
        #expect(state(("tracestate", "a=1")) == nil)
        #expect(state(parent) == nil)
    }

    @Test("is answered with nothing that a browser may guess about or keep")
    func security() async throws {
        try await Shop.open { shop in
            for path in ["/shop/bare", "/nowhere"] {
                let answer = try await shop.send("GET", path)
                #expect(answer["X-Content-Type-Options"] == "nosniff")
                #expect(answer["Cache-Control"] == "no-store")
                #expect(answer["Date"]?.hasSuffix(" GMT") == true && answer["Date"]?.count == 29)
            }
        }
    }
}
