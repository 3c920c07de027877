public import Endpoints
public import Foundation
public import JSON

/// A service's walkthrough as a Postman collection (format 2.1): a folder for each chapter, a request for each step at each
/// of its endpoint's paths, with saved examples, and with scripts that test the answer and keep what later requests need.
///
/// Requests go to `{{protocol}}://{{name_host}}`, where `name` is the service's. A request whose variables are empty skips
/// itself.
public struct PostmanCollection: Sendable, Hashable {
    /// The document as a value.
    public let document: JSONValue

    /// - Parameter title: for people.
    public init(_ title: String, _ contract: ContractDescriptor, _ walkthrough: Walkthrough) {
        let folders = walkthrough.chapters.map { chapter in
            let items = chapter.steps.flatMap { step in
                step.endpoint.http.paths.map { PostmanItem(step, $0).document }
            }
            return ["name": .string(chapter.title), "description": .string(chapter.summary), "item": .array(items)]
                as JSONValue
        }
        document = [
            "info": [
                "name": .string(title), "description": .string(contract.summary),
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            ],
            "item": .array(folders),
        ]
    }

    /// The document as JSON.
    public var json: Data { document.indentedJSON }

    /// The variable that says where a service is.
    public static func host(of contract: String) -> String { contract + "_host" }
}

/// A step of a walkthrough at one of its endpoint's paths: the request, its scripts, and examples of answers.
struct PostmanItem {
    private let step: Walkthrough.Step
    private let path: PathTemplate

    init(_ step: Walkthrough.Step, _ path: PathTemplate) {
        self.step = step
        self.path = path
    }

    var document: JSONValue {
        let name = "\(step.contract).\(step.endpoint.name)"
        let isAlias = path != step.endpoint.http.path
        let scripts = PostmanScripts(step)
        return [
            "name": .string(isAlias ? "\(name) at \(path)" : name),
            "event": .array(
                [("prerequest", scripts.beforeRequest), ("test", scripts.afterResponse)]
                    .filter { !$0.1.isEmpty }.map(Self.event)),
            "request": PostmanRequest(step, path).document,
            "response": .array(examples),
        ]
    }

    private static func event(_ name: String, _ lines: [String]) -> JSONValue {
        [
            "listen": .string(name),
            "script": ["type": "text/javascript", "exec": .array(lines.map { .string($0) })],
        ]
    }

    private var endpoint: EndpointDescriptor { step.endpoint }

    /// A success, one with all optional fields if there are any, and the refusal of a request without a token.
    private var examples: [JSONValue] {
        let output = endpoint.output.example ?? [:]
        let answer: JSONValue = endpoint.http.envelope ? ["data": output] : output
        let request = PostmanRequest(example: endpoint, path, step.contract)
        var examples = [example("Success", request, endpoint.http.status, "application/json", answer)]
        if endpoint.input.fields.contains(where: { !$0.isRequired }) {
            let full = request.withEveryField
            examples.append(example("With every field", full, endpoint.http.status, "application/json", answer))
        }
        if endpoint.access != .open {
            let refusal = Problem.Kind.tokenMissing.example
            examples.append(example("Without a token", request.withoutToken, 401, Problem.contentType, refusal))
        }
        return examples
    }

    private func example(
        _ title: String, _ request: PostmanRequest, _ status: Int, _ contentType: String, _ body: JSONValue
    ) -> JSONValue {
        [
            "name": .string(title), "originalRequest": request.document, "code": .integer(status),
            "_postman_previewlanguage": "json",
            "header": [["key": "Content-Type", "value": .string(contentType)]],
            "body": .string(String(decoding: body.json(pretty: true), as: UTF8.self)),
        ]
    }
}

/// The variables of collections, as a Postman environment.
public struct PostmanEnvironment: Sendable, Hashable {
    /// The document as a value.
    public let document: JSONValue

    /// - Parameters:
    ///   - title: for people.
    ///   - hosts: where services are, such as `localhost:5040`, with the names of their contracts.
    ///   - walkthroughs: those of the collections, whose variables are in the environment, in the order of their first use.
    ///   - values: those of variables that are not empty.
    public init(
        _ title: String, hosts: [(contract: String, address: String)], walkthroughs: [Walkthrough],
        values: [String: String] = [:]
    ) {
        var variables = [("protocol", "http")] + hosts.map { (PostmanCollection.host(of: $0.contract), $0.address) }
        for name in walkthroughs.flatMap(\.chapters).flatMap(\.steps).flatMap(\.variables)
        where !variables.contains(where: { $0.0 == name }) {
            variables.append((name, values[name] ?? ""))
        }
        document = [
            "name": .string(title), "values": .array(variables.map(Self.variable)),
            "_postman_variable_scope": "environment",
        ]
    }

    /// The document as JSON.
    public var json: Data { document.indentedJSON }

    private static func variable(_ name: String, _ value: String) -> JSONValue {
        let isSecret = name.hasSuffix("token") || name.hasSuffix("password")
        return [
            "key": .string(name), "value": .string(value), "type": isSecret ? "secret" : "default", "enabled": true,
        ]
    }
}
