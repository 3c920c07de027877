public import Endpoints
public import Foundation
public import JSON

/// The endpoints of a service over HTTP, as an OpenAPI 3.1 document. It is made from contracts and nothing else, so that it is
/// true.
///
/// ```swift
/// let openAPI = OpenAPI([GreetingContract.description])
/// try openAPI.json.write(to: file)
/// ```
public struct OpenAPI: Sendable, Hashable {
    /// The media type of ``json`` (RFC 6838 has none of OpenAPI's own yet).
    public static let jsonType = "application/json"
    /// The media type of ``yaml`` (RFC 9512).
    public static let yamlType = "application/yaml"

    /// The document as a value.
    public let document: JSONValue

    /// - Parameters:
    ///   - contracts: the service's own contract first, whose name and version become the document's.
    ///   - servers: the URLs of the service; `./` is beside the document, wherever that was fetched.
    public init(_ contracts: [ContractDescriptor], servers: [String] = ["./"]) {
        var components = Components()
        var paths = JSONObject()
        for contract in contracts {
            for endpoint in contract.endpoints {
                for (path, operation) in components.operations(endpoint, contract) {
                    let item = paths[path] ?? [:]
                    paths[path] = nil
                    paths[path] = item.setting(endpoint.http.method.rawValue.lowercased(), operation)
                }
            }
        }
        document = [
            "openapi": "3.1.0", "info": Self.info(contracts),
            "servers": .array(servers.map { ["url": .string($0)] }),
            "tags": .array(contracts.map(Self.tag)), "paths": .object(paths), "components": components.document,
        ]
    }

    /// The document as JSON.
    public var json: Data { document.indentedJSON }

    /// The document as YAML.
    public var yaml: Data { document.yaml }

    private static func info(_ contracts: [ContractDescriptor]) -> JSONValue {
        [
            "title": .string(contracts.first?.name ?? ""), "version": .string(contracts.first?.version ?? ""),
            "summary": (contracts.first?.summary).map { .string($0) }, "description": .string(conventions),
        ]
    }

    private static func tag(_ contract: ContractDescriptor) -> JSONValue {
        [
            "name": .string(contract.tag), "description": .string(contract.summary),
            "x-type": contract.typeName.map { .string($0) },
        ]
    }

    private static let conventions = """
        Any request may have these header fields: `X-Timeout-Ms`, the milliseconds after which the caller no longer waits; \
        `X-Request-Id`, an id of the request, which is echoed; `traceparent` and `tracestate`, its place in a trace \
        (W3C Trace Context). \
        Unknown members of an input are ignored. A trailing slash in a path makes no difference. \
        Every error is a problem document (RFC 9457), whose `code` is for programs.
        """
}
