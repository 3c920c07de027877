import Boilerplate
import Contracts
import Documents
import Endpoints
import Foundation
import JSON
import RPC
import Testing

@Suite("An OpenAPI document")
struct OpenAPITests {
    private static let services = [
        AuthContract.description, ResourceContract.description, WebAppContract.description,
        BoilerplateContract.description,
    ]

    private let document = OpenAPI([ShelfContract.description, HealthContract.description]).document

    @Test("names the service, its version and where it is")
    func info() {
        #expect(document["openapi"] == "3.1.0")
        #expect(document.at("info title") == "shelf" && document.at("info version") == "2.1.0")
        #expect(document.at("servers 0 url") == "./")
        let elsewhere = OpenAPI([ShelfContract.description], servers: ["https://shelf.example"]).document
        #expect(elsewhere.at("servers 0 url") == "https://shelf.example")
    }

    @Test("has a tag for each contract, without the mark of the kit's own")
    func tags() {
        #expect(document["tags"]?.elements.map { $0["name"] } == ["shelf", "health"])
    }

    @Test("has summaries in plain words, for no tool renders Markdown in them")
    func summaries() {
        for service in Self.services {
            let document = OpenAPI([service, HealthContract.description, MetaContract.description]).document
            let operations = document["paths"]?.members.flatMap { $0.value.members.map(\.value) } ?? []
            let summaries = operations.compactMap { $0["summary"]?.string } + [service.summary]
            #expect(summaries.count == operations.count + 1 && operations.count > 4)
            for summary in summaries {
                #expect(summary.firstMatch(of: /[`*<>#]|\]\(|\b_|_\b/) == nil, "\(service.name): \(summary)")
            }
        }
    }

    @Test("has each endpoint at each of its paths, under names of their own")
    func operations() {
        #expect(
            document["paths"]?.names == [
                "/shelf/{room}/books", "/books/{room}", "/shelf/books", "/shelf/books/{title}", "/shelf/count",
                "/health/live", "/health/ready",
            ])
        #expect(document.at("paths /shelf/{room}/books get operationId") == "shelf.find")
        #expect(document.at("paths /books/{room} get operationId") == "shelf.find.2")
        #expect(document.at("paths /books/{room} get x-endpoint") == "shelf.find")
    }

    @Test("says where each field of an input travels")
    func parameters() {
        let parameters = document.at("paths /shelf/{room}/books get parameters")?.elements ?? []
        #expect(parameters.map { $0["name"] } == ["room", "words", "limit"])
        #expect(parameters.map { $0["in"] } == ["path", "query", "query"])
        // A list that is not in the query is an empty one.
        #expect(parameters.map { $0["required"] } == [true, false, false])
        #expect(document.at("paths /shelf/books post requestBody required") == true)
        #expect(document.at("paths /shelf/books/{title} put requestBody required") == false)
        let body = document.at("paths /shelf/books/{title} put requestBody content application/json schema")
        // Not null: openapi-python-client 0.29 then has clients that cannot leave the body out.
        #expect(body?["type"] == "object" && body?["anyOf"] == nil)
        #expect(document.at("components schemas MoveBody properties")?.names == ["room", "beside"])
    }

    @Test("has one media type for each body, and says in words that a form is accepted")
    func forms() {
        let (add, move) = (document.at("paths /shelf/books post"), document.at("paths /shelf/books/{title} put"))
        #expect(add?["requestBody"]?["content"]?.names == ["application/json"])
        #expect(add?.at("requestBody description")?.string?.contains("application/x-www-form-urlencoded") == true)
        #expect(move?.at("requestBody description") == nil)
    }

    @Test("lets null stand for an optional field of a body, as the services do")
    func null() {
        let sent = document.at("paths /shelf/books post requestBody content application/json schema properties")
        #expect(sent?.at("state type") == ["string", "null"] && sent?.at("state enum") == ["new", "old", .null])
        #expect(sent?.at("title type") == "string")
        let beside = "components schemas MoveBody properties beside anyOf"
        #expect(document.at("\(beside) 1 type") == "null")
        #expect(document.at("\(beside) 0 properties")?.names == ["title", "state"])
        let limit = document.at("paths /shelf/{room}/books get parameters")?.elements.last
        #expect(limit?["schema"]?["type"] == "integer")
    }

    @Test("never allows null in what a service sends")
    func outputs() {
        let books = document.at("components schemas Books properties")
        #expect(document.at("components schemas Books properties books items properties state type") == "string")
        #expect(books?["best"]?["$ref"] == books?["books"]?["items"]?["$ref"])
        #expect(books?["best"]?["description"] == "The best of them.")
    }

    @Test("says how many bits a number needs")
    func numbers() {
        #expect(document.at("components schemas Count additionalProperties format") == "int64")
        let limit = document.at("paths /shelf/{room}/books get parameters")?.elements.last
        #expect(limit?["schema"]?["maximum"] == 50 && limit?["schema"]?["format"] == "int32")
        let clock = OpenAPI([WebAppContract.description]).document
        #expect(clock.at("components schemas Clock properties microseconds format") == "double")
        #expect(clock.at("components schemas ReplicaState properties uptime format") == "int64")
    }

    @Test("wraps what the service wraps, and gives a 204 no content")
    func envelope() {
        let found = document.at("paths /shelf/{room}/books get responses 200 content application/json")
        #expect(found?["schema"] == ["$ref": "#/components/schemas/BooksResponse"])
        #expect(
            document["components"]?["schemas"]?["BooksResponse"]?["properties"]?["data"]
                == ["$ref": "#/components/schemas/Books"])
        #expect(found?.at("example data books 0 title") == "Stars")
        #expect(document.at("paths /shelf/books post responses 204")?["content"] == nil)
    }

    @Test("says who may call")
    func security() {
        #expect(document.at("paths /shelf/count get security") == [])
        #expect(document.at("paths /shelf/{room}/books get security") == [["token": []], ["bearer": []]])
        #expect(document.at("paths /shelf/books post security") == [["token": ["write"]], ["bearer": ["write"]]])
        #expect(
            document.at("paths /shelf/books post description")
                == "The issuer confirms on every call that the token holds the permission `write`.")
        // It is open, and looks at a token all the same.
        #expect(document.at("paths /shelf/books/{title} put security") == [[:], ["token": []], ["bearer": []]])
    }

    @Test("says which endpoints of OAuth read a client's secret, and which a token instead")
    func clientSecurity() {
        let document = OpenAPI([AuthContract.description]).document
        #expect(document.at("paths /oauth/token post security") == [[:], ["client": []]])
        #expect(document.at("paths /oauth/revoke post security") == [[:], ["client": []]])
        #expect(document.at("paths /oauth/introspect post security") == [[:], ["client": []], ["bearer": []]])
        #expect(document.at("components securitySchemes client scheme") == "basic")
    }

    @Test("describes a stream of events beside the endpoint whose output it sends")
    func eventStream() {
        let document = OpenAPI([WebAppContract.description]).document
        let stream = document.at("paths /page/comparison get")
        #expect(stream?["operationId"] == "webapp.comparison_events")
        #expect(stream?["x-endpoint"] == document.at("paths /api/v1/comparison get x-endpoint"))
        #expect(stream?.at("responses 200 content")?.names == ["text/event-stream"])
        let event = document.at("paths /page/comparison get responses 200 content text/event-stream schema x-event")
        #expect(event?["properties"]?.names.contains("wires") == true)
    }

    @Test(
        "lists every status that an operation can give, and no other",
        arguments: [
            ("/shelf/{room}/books get", "200 400 401 404 422 500 503 504"),
            ("/shelf/books post", "204 400 401 403 409 413 415 422 500 503 504"),
            ("/shelf/books/{title} put", "200 400 401 404 413 415 422 500 503 504"),
            ("/shelf/count get", "200 400 500 503 504"), ("/health/live get", "200 400 500 504"),
            ("/health/ready get", "200 400 500 503 504"),
        ])
    func problems(operation: String, statuses: String) {
        #expect(document.at("paths \(operation) responses")?.names.joined(separator: " ") == statuses)
    }

    @Test("names the codes behind a status, with examples that fit the schema of problems")
    func codes() throws {
        let response = document.at("paths /shelf/{room}/books get responses 401")
        let examples = try #require(response?.at("content application/problem+json examples"))
        #expect(examples.names == ["token_missing", "token_invalid", "token_expired"])
        #expect(examples.at("token_missing value status") == 401)
        #expect(response?["headers"]?.names.contains("WWW-Authenticate") == true)
    }

    @Test("has a schema of problems that real problems fit")
    func problem() throws {
        let faults = [Problem.FieldError(pointer: "/name", detail: "is missing")]
        let trace = String(repeating: "0af7", count: 8)
        let real = try JSONValue(json: Problem(.invalid, "No.", faults: faults).json(traceID: trace))
        let written = try #require(document.at("components schemas Problem"))
        let schema = try #require(Schema(json: written))
        #expect(schema.faults(of: real).isEmpty)
        #expect(
            schema.fields.map(\.name).sorted() == ["code", "detail", "errors", "status", "title", "trace_id", "type"])
    }

    @Test(
        "of each service refers only to what it holds, names no operation twice, and is the same each time",
        arguments: services.map(\.name))
    func references(name: String) throws {
        let contract = try #require(Self.services.first { $0.name == name })
        let contracts = [contract, HealthContract.description, MetaContract.description]
        let document = OpenAPI(contracts).document
        for reference in Set(document.references) {
            let place = reference.dropFirst(2).split(separator: "/").joined(separator: " ")
            #expect(document.at(place) != nil, "\(reference)")
        }
        let operations = document["paths"]?.members.flatMap(\.value.members) ?? []
        let names = operations.compactMap { $0.value["operationId"]?.string }
        #expect(!names.contains { $0.hasPrefix("_") })
        #expect(names.count == operations.count && Set(names).count == names.count)
        #expect(OpenAPI(contracts).json == OpenAPI(contracts).json)
    }

    @Test(
        "of each service gives every object a name and every number a format, so that generators write types for them",
        arguments: services.map(\.name))
    func names(service: String) throws {
        let contract = try #require(Self.services.first { $0.name == service })
        let document = OpenAPI([contract, HealthContract.description, MetaContract.description]).document
        let schemas = document.at("components schemas")?.members ?? [:]
        for schema in schemas {
            #expect(schema.value.anonymousObjects == 0, "\(schema.name)")
            #expect(schema.value.numbers.allSatisfy { $0["format"] != nil }, "\(schema.name)")
        }
        for operation in document["paths"]?.members.flatMap(\.value.members) ?? [] {
            let bodies = [operation.value["requestBody"]] + (operation.value["responses"]?.members.map(\.value) ?? [])
            let contents = bodies.compactMap { $0?["content"] }
            #expect(
                contents.allSatisfy { $0.members.count == 1 && $0.members[0].value["schema"]?.references.count == 1 })
        }
    }
}

extension JSONValue {
    /// The number of schemas of objects with members within this one.
    fileprivate var anonymousObjects: Int {
        let inner = members.map(\.value) + elements
        return inner.reduce(0) {
            $0 + $1.anonymousObjects + ($1["type"] == "object" && $1["properties"] != nil ? 1 : 0)
        }
    }

    /// Every schema of a number within this one.
    fileprivate var numbers: [JSONValue] {
        let isNumber = ["integer", "number"].contains(self["type"])
        return (isNumber ? [self] : []) + (members.map(\.value) + elements).flatMap(\.numbers)
    }
}
