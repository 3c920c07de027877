import AsyncHTTPClient
import Documents
import Foundation
import NIOCore
import NIOHTTP1
import Testing

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
