import AsyncHTTPClient
import Documents
import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import star

@Suite("The Postman files", .timeLimit(.minutes(1)))
struct PostmanTests {
    private static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "postman")

    private static let collections = ["Auth", "Resources", "WebApp", "Boilerplate"]

    /// What a request of the examples is answered with where that depends on what there is: the example's refresh token is
    /// nobody's, its user is there already, is another one than whoever asks, and is removed once.
    private static let excused = [
        "auth.refresh": 401, "auth.add_user": 409, "auth.change_password": 403, "auth.remove_user": 404,
        "webapp.refresh": 401, "webapp.add_user": 409, "webapp.remove_user": 404,
    ]

    private static func file(_ name: String) throws -> JSONValue {
        try JSONValue(json: Data(contentsOf: directory.appending(path: name)))
    }

    private static func collection(_ name: String) throws -> JSONValue {
        try file("\(name).postman_collection.json")
    }

    @Test("are those that the contracts make; `star documents postman` writes them")
    func generated() throws {
        for (name, content) in PostmanFiles.all {
            #expect(try Data(contentsOf: Self.directory.appending(path: name)) == content, "\(name)")
        }
        let there = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(Set(there) == Set(PostmanFiles.all.map(\.name)))
    }

    @Test("go by the variables of the environment, and by no others", arguments: collections)
    func variables(name: String) throws {
        let environment = try Self.file("starmicroservices local.postman_environment.json")
        let known = environment["values"]?.list.compactMap { $0["key"]?.string } ?? []
        #expect(known.starts(with: ["protocol", "auth_host", "resource_host", "webapp_host", "boilerplate_host"]))
        #expect(Array(known.dropFirst()) == Member.all.map { $0.name + "_host" } + ["token"])
        let text = String(decoding: try Self.collection(name).json(), as: UTF8.self)
        #expect(text.matches(of: /{{([^}]*)}}/).allSatisfy { known.contains(String($0.1)) })
    }

    @Test("name requests as the contracts do, aliases beside")
    func names() throws {
        let names = try Self.collection("Resources")["item"]?.list.compactMap { $0["name"]?.string }
        #expect(
            names == [
                "auth.create", "resource.current_time", "resource.current_time at /api/v1/time/current_time",
                "resource.epoch_time", "resource.epoch_time at /api/v1/time/epoch_time", "resource.smoke",
            ])
    }

    @Test("are answered by the services as their examples say", arguments: collections)
    func play(name: String) async throws {
        try await Family.run { family in
            let hosts = Dictionary(uniqueKeysWithValues: family.hosts.map { ("\($0.key)_host", $0.value) })
            let environment = try Self.file("starmicroservices local.postman_environment.json")
            var runner = PostmanRunner(environment: environment, replacing: hosts)
            // Much of what these offer is for administrators, and the first token of their collections is a guest's.
            if name == "Auth" || name == "WebApp" { runner.keep(token: family.token) }
            runner.excused = Self.excused
            try await runner.play(Self.collection(name))
            #expect(runner.faults == [] && runner.count > 4)
            #expect(runner.variables["token"]?.isEmpty == (name == "Boilerplate"))
        }
    }
}

@Suite("A service shows", .timeLimit(.minutes(1)))
struct ServedTests {
    @Test("its schema as JSON, or as YAML to those who accept that")
    func schema() async throws {
        try await Family.run { family in
            let url = "http://\(family.hosts["resource"] ?? "")/schema"
            for (accept, type, start) in [
                (nil, OpenAPI.jsonType, "{"), ("*/*", OpenAPI.jsonType, "{"),
                ("Application/YAML", OpenAPI.yamlType, "openapi:"),
                ("text/html, application/yaml;q=0.9", OpenAPI.yamlType, "openapi:"),
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
