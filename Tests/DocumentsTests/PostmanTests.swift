import Documents
import Endpoints
import Foundation
import JSON
import StarServices
import Testing

@Suite("The Postman files")
struct PostmanTests {
    private static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "postman")

    private static let collections = ["Auth", "Resources", "WebApp", "Boilerplate"]

    private static func file(_ name: String) throws -> JSONValue {
        try JSONValue(json: Data(contentsOf: directory.appending(path: name)))
    }

    private static func collection(_ name: String) throws -> JSONValue {
        try file("\(name).postman_collection.json")
    }

    /// The service that most of a collection's requests go to.
    private static func member(_ name: String) throws -> ServiceDefinition {
        let host = name == "Resources" ? "resource" : name.lowercased()
        return try #require(ServiceDefinition.all.first { $0.name == host })
    }

    /// The requests of a collection, in order.
    private static func items(_ name: String) throws -> [JSONValue] {
        try collection(name)["item"]?.elements.flatMap { $0["item"]?.elements ?? [] } ?? []
    }

    @Test("are those that the contracts make; `star documents postman` writes them")
    func generated() throws {
        for (name, content) in PostmanFiles.all {
            #expect(try Data(contentsOf: Self.directory.appending(path: name)) == content, "\(name)")
        }
        let there = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(Set(there) == Set(PostmanFiles.all.map(\.name)))
    }

    @Test("use the variables of the environment, and no others", arguments: collections)
    func variables(name: String) throws {
        let environment = try Self.file("starmicroservices local.postman_environment.json")
        let known = environment["values"]?.elements.compactMap { $0["key"]?.string } ?? []
        #expect(known.starts(with: ["protocol", "auth_host", "resource_host", "webapp_host", "boilerplate_host"]))
        #expect(Set(known).isSuperset(of: ["user", "password", "token", "refresh_token"]))
        let text = String(decoding: try Self.collection(name).json(), as: UTF8.self)
        let used =
            text.matches(of: /{{([^}]*)}}/).map { String($0.1) }
            + text.matches(of: /environment\.[gs]et\(\\"([^"\\]*)/).map { String($0.1) }
        #expect(used.count > 4 && used.allSatisfy(known.contains))
    }

    @Test("hold no secret as they are shipped")
    func secrets() throws {
        let environment = try Self.file("starmicroservices local.postman_environment.json")
        let secrets = environment["values"]?.elements.filter { $0["type"] == "secret" } ?? []
        #expect(secrets.count >= 5 && secrets.allSatisfy { $0["value"] == "" })
    }

    @Test("have every endpoint at each of its paths", arguments: collections)
    func endpoints(name: String) throws {
        let member = try Self.member(name)
        let names = try Self.items(name).compactMap { $0["name"]?.string }
        for endpoint in member.contract.endpoints {
            let qualified = member.contract.qualifiedName(of: endpoint)
            #expect(names.contains(qualified))
            for alias in endpoint.http.paths.dropFirst() { #expect(names.contains("\(qualified) at \(alias)")) }
        }
    }

    @Test("show answers that fit the contracts", arguments: collections)
    func examples(name: String) throws {
        let member = try Self.member(name)
        for item in try Self.items(name) {
            let qualified = item["name"]?.string?.prefix { $0 != " " } ?? ""
            guard let endpoint = member.contract.endpoints.first(where: { qualified == "\(member.name).\($0.name)" })
            else { continue }
            let examples = item["response"]?.elements ?? []
            #expect(examples.first?["code"] == .integer(endpoint.http.status))
            for example in examples {
                let body = try JSONValue(json: Data((example["body"]?.string ?? "").utf8))
                let isRefusal = example["code"] == 401
                let output = isRefusal || !endpoint.http.envelope ? body : try #require(body["data"])
                #expect(isRefusal ? output["code"] == "token_missing" : endpoint.output.faults(of: output).isEmpty)
            }
        }
    }
}
