public import Endpoints
public import Foundation

/// The variables of collections, as a Postman environment.
public struct PostmanEnvironment: Sendable, Hashable {
    /// The document as a value.
    public let document: Document

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
    public var json: Data { document.json }

    private static func variable(_ name: String, _ value: String) -> Document {
        let isSecret = name.hasSuffix("token") || name.hasSuffix("password")
        return [
            "key": .string(name), "value": .string(value), "type": isSecret ? "secret" : "default", "enabled": true,
        ]
    }
}
