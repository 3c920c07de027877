import AsyncHTTPClient
import Boilerplate
import Contracts
import Documents
import Endpoints
import Foundation
import HTTPTransport
import NIOCore
import NIOHTTP1
import RPC
import Testing

@testable import Hosting

@Suite("A service shows", .timeLimit(.minutes(1)))
struct ServedTests {
    @Test(
        "its schemas as JSON, or as YAML to those who accept that",
        arguments: [("/schema", "openapi:"), ("/schema/zeromq", "asyncapi:")])
    func schema(path: String, start: String) async throws {
        try await Family.run { family in
            let url = "http://\(family.hosts["resource"] ?? "")\(path)"
            for (accept, type, start) in [
                (nil, OpenAPI.jsonType, "{"), ("*/*", OpenAPI.jsonType, "{"),
                ("Application/YAML", OpenAPI.yamlType, start),
                ("text/html, application/yaml;q=0.9", OpenAPI.yamlType, start),
                ("application/json, application/yaml", OpenAPI.jsonType, "{"),
            ] {
                var request = HTTPClientRequest(url: url)
                if let accept { request.headers.add(name: "Accept", value: accept) }
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
                let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
                #expect(response.headers.first(name: "Content-Type") == type && body.hasPrefix(start))
                #expect(response.headers.first(name: "Vary") == "Accept")
            }
        }
    }

    @Test("in its schema where it is: beside the document, as this machine reaches it, or as a trusted proxy says")
    func servers() async throws {
        let service = try Dispatcher(
            BoilerplateService(executor: QueueExecutor(name: "boilerplate")),
            contract: BoilerplateContract.description, verifier: NoTokens())
        let own = "http://127.0.0.1:5070"
        for (proxies, headers, servers) in [
            ([], [:], ["./", own + "/"]), ([], ["X-Forwarded-Host": "a"], ["./", own + "/"]),
            (["127.0.0.1"], [:], ["./", own + "/"]),
            (["127.0.0.1"], ["X-Forwarded-Host": "a", "X-Forwarded-Proto": "https"], ["./", "https://a/"]),
            (["127.0.0.1"], ["X-Forwarded-Host": "a", "X-Forwarded-Prefix": "/b"], ["http://a/b/"]),
        ] {
            let settings = HTTPFront.FrontSettings(trustedProxies: try TrustedProxies(proxies))
            let pages = Page.all(of: service.contracts, at: own)
            let front = try HTTPFront(service, settings: settings, pages: pages)
            var request = HTTPClientRequest(url: try await front.start()[0] + "/schema")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            let body = try await HTTPClient.shared.execute(request, timeout: .seconds(20)).body.collect(upTo: 1 << 20)
            let schema = try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
            #expect((schema?["servers"] as? [[String: String]])?.map { $0["url"] ?? "" } == servers)
            await front.stop()
        }
    }

    @Test("at / the way to its explorer, to browsers and to health checkers that ask nothing else")
    func home() async throws {
        try await Family.run { family in
            for host in family.hosts.values {
                let found = try await HTTPClient.shared.execute(
                    HTTPClientRequest(url: "http://\(host)/"), timeout: .seconds(20))
                #expect(found.status == .ok && found.url?.path == "/docs")
                var request = HTTPClientRequest(url: "http://\(host)/")
                request.method = .OPTIONS
                let options = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
                #expect(options.status == .noContent && options.headers.first(name: "Allow") == "GET, HEAD, OPTIONS")
            }
        }
    }

    @Test("at / what it has there, be it a page or an endpoint")
    func ownHome() {
        let contracts = [BoilerplateContract.description]
        let page = Page("/", contentType: "text/html", content: Data())
        let documents = Page.all(of: contracts).map(\.path)
        #expect(documents.last == "/" && documents.count { $0 == "/" } == 1)
        #expect(Page.all(of: contracts, and: [page]).map(\.path).sorted() == documents.sorted())
        #expect(Page.all(of: [HomeContract.description]).map(\.path) == documents.dropLast())
    }

    @Test("its explorer, under the explorer's policy")
    func explorer() async throws {
        try await Family.run { family in
            for file in Explorer.files {
                let request = HTTPClientRequest(url: "http://\(family.hosts["webapp"] ?? "")\(file.path)")
                let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
                #expect(Data(try await response.body.collect(upTo: 1 << 20).readableBytesView) == file.content)
                #expect(response.headers.first(name: "Content-Type") == file.contentType)
                #expect(
                    response.headers.first(name: "Content-Security-Policy")?.hasPrefix("default-src 'none'") == true)
            }
        }
    }
}

private enum HomeContract: Contract {
    static let name = "home"
    static let version = "1.0.0"
    static let summary = "Answers at /."
    static let endpoints = EndpointList {
        Endpoint<Empty, Empty>("home", .get, "/", access: .open, summary: "Returns nothing.")
    }
}
