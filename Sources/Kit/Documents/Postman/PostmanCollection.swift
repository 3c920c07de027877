public import Endpoints
public import Foundation

/// A contract as a Postman collection (format 2.1): a request for each endpoint at each of its paths, with saved examples
/// and tests.
///
/// Requests go to `{{protocol}}://{{host}}`, where `host` is the name of a variable, and show the token of the variable
/// `token`. The request that fetches one puts it there.
public struct PostmanCollection: Sendable, Hashable {
    /// Where tokens come from.
    public struct TokenSource: Sendable {
        let contract: ContractDescription
        let endpoint: EndpointDescription
        let host: String

        /// - Parameters:
        ///   - contract: the one that `endpoint` is of.
        ///   - endpoint: its output has a field `token`.
        ///   - host: the variable that says where it is.
        public init(_ contract: ContractDescription, _ endpoint: EndpointDescription, host: String) {
            self.contract = contract
            self.endpoint = endpoint
            self.host = host
        }
    }

    /// The variable that holds a token.
    public static let token = "token"

    /// The document as a value.
    public let document: Document

    /// - Parameters:
    ///   - name: for people.
    ///   - host: the variable that says where the service is, such as `auth_host`.
    ///   - tokens: where tokens come from; the request for one stands first where the contract itself has none.
    public init(_ name: String, _ contract: ContractDescription, host: String, tokens: TokenSource) {
        let fetchesElsewhere =
            tokens.contract.name != contract.name && contract.endpoints.contains(where: \.looksAtToken)
        let first: [Document] =
            fetchesElsewhere
            ? [
                PostmanItem(
                    tokens.contract, tokens.endpoint, tokens.endpoint.http.path, host: tokens.host, givesToken: true
                ).document
            ]
            : []
        let items = contract.endpoints.flatMap { endpoint in
            endpoint.http.paths.map { path in
                let givesToken = contract.name == tokens.contract.name && endpoint.name == tokens.endpoint.name
                return PostmanItem(contract, endpoint, path, host: host, givesToken: givesToken).document
            }
        }
        document = [
            "info": [
                "name": .string(name), "description": .string(contract.summary),
                "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
            ],
            "item": .array(first + items),
        ]
    }

    /// The document as JSON.
    public var json: Data { document.json }
}

/// The variables that collections go by, as a Postman environment.
public struct PostmanEnvironment: Sendable, Hashable {
    /// The document as a value.
    public let document: Document

    /// - Parameters:
    ///   - name: for people.
    ///   - hosts: the variables that say where services are, such as `auth_host`, and their values, `localhost:5040`.
    public init(_ name: String, hosts: [(variable: String, value: String)]) {
        let variables = [("protocol", "http")] + hosts + [(PostmanCollection.token, "")]
        document = [
            "name": .string(name),
            "values": .array(
                variables.map { variable, value in
                    [
                        "key": .string(variable), "value": .string(value),
                        "type": variable == PostmanCollection.token ? "secret" : "default", "enabled": true,
                    ]
                }),
            "_postman_variable_scope": "environment",
        ]
    }

    /// The document as JSON.
    public var json: Data { document.json }
}
