import Boilerplate
import Contracts
import Documents
import Endpoints
import JSON
import RPC
import Testing

@Suite("An AsyncAPI document")
struct AsyncAPITests {
    private static let services = [
        AuthContract.description, ResourceContract.description, WebAppContract.description,
        BoilerplateContract.description,
    ]

    private let document = AsyncAPI([ShelfContract.description, HealthContract.description]).document

    @Test("names the service and its version, and its address if there is one to show")
    func info() {
        #expect(document["asyncapi"] == "3.0.0" && document["servers"] == nil)
        #expect(document.at("info title") == "shelf" && document.at("info version") == "2.1.0")
        let addressed = AsyncAPI([ShelfContract.description], address: "tcp://shelf.example:7050").document
        #expect(addressed.at("servers service host") == "shelf.example:7050")
    }

    @Test("has a channel for the calls of each endpoint, and one for its events if it is published")
    func channels() {
        #expect(
            document["channels"]?.names == [
                "shelf.find", "shelf.add", "shelf.move", "shelf.count", "shelf.count.events", "_health.live",
                "_health.check",
            ])
        #expect(document.channel("shelf.count")?.at("address") == "shelf.count")
        #expect(document.channel("shelf.count.events")?.at("address") == "shelf.count")
    }

    @Test("receives requests, and replies with the output without envelope or with a problem")
    func calls() {
        let operation = document["operations"]?["shelf.find"]
        #expect(operation?["action"] == "receive" && operation?["x-access"] == "token")
        #expect(operation?.names("messages") == ["#/channels/shelf.find/messages/request"])
        #expect(
            operation?["reply"]?.names("messages") == [
                "#/channels/shelf.find/messages/reply", "#/channels/shelf.find/messages/problem",
            ])
        let messages = document["components"]?["messages"]
        #expect(messages?["shelf.find.reply"]?["payload"] == ["$ref": "#/components/schemas/Books"])
        #expect(messages?["shelf.find.request"]?["payload"] == ["$ref": "#/components/schemas/Search"])
        #expect(messages?["shelf.find.request"]?["correlationId"]?["location"] == "$message.header#/request_id")
        #expect(messages?["problem"]?["contentType"] == "application/problem+json")
        let example = messages?["shelf.find.request"]?["examples"]?.elements.first
        #expect(example?["payload"]?["room"] == "attic" && example?["headers"]?["request_id"] == 1)
    }

    @Test("sends events and heartbeats")
    func events() {
        let operation = document["operations"]?["shelf.count.events"]
        #expect(operation?["action"] == "send" && operation?["reply"] == nil)
        let messages = document["components"]?["messages"]
        #expect(messages?["shelf.count.event"]?["payload"] == ["$ref": "#/components/schemas/Count"])
        #expect(messages?["heartbeat"]?["payload"] == nil)
        #expect(messages?["shelf.count.event"]?.at("headers required") == ["epoch", "sequence"])
    }

    @Test("requires a token where the endpoint does")
    func security() {
        let operations = document["operations"]
        #expect(operations?["shelf.count"]?["security"] == nil)
        #expect(operations?["shelf.add"]?["x-access"] == "permission write")
        #expect(operations?["shelf.add"]?["security"] == [["$ref": "#/components/securitySchemes/token"]])
    }

    // The rules of the specification that its JSON Schema does not have.
    @Test(
        "of each service refers only to what it holds, and uses only messages of an operation's own channel",
        arguments: services.map(\.name))
    func references(name: String) throws {
        let contract = try #require(Self.services.first { $0.name == name })
        let document = AsyncAPI([contract, HealthContract.description, MetaContract.description]).document
        for reference in Set(document.references) {
            #expect(document.target(of: reference) != nil, "\(reference)")
        }
        for operation in document["operations"]?.members.map(\.value) ?? [] {
            let channel = try #require(operation["channel"]?["$ref"]?.string)
            let used = operation.names("messages") + (operation["reply"]?.names("messages") ?? [])
            #expect(!used.isEmpty && used.allSatisfy { $0.hasPrefix(channel + "/messages/") })
        }
        let names = document["components"]?["messages"]?.members.compactMap { $0.value["name"]?.string } ?? []
        #expect(Set(names).count == names.count)
    }

    @Test("has auth's revocations as events")
    func revocations() {
        let document = AsyncAPI([AuthContract.description]).document
        #expect(document.channel("auth.trust_updates.events")?["address"] == "auth.trust_updates")
    }
}

extension JSONValue {
    fileprivate func channel(_ name: String) -> JSONValue? { self["channels"]?[name] }

    /// The references in a list.
    fileprivate func names(_ list: String) -> [String] {
        self[list]?.elements.compactMap { $0["$ref"]?.string } ?? []
    }

    fileprivate func target(of reference: String) -> JSONValue? {
        reference.dropFirst(2).split(separator: "/").reduce(self) { document, name in document?[String(name)] }
    }
}
