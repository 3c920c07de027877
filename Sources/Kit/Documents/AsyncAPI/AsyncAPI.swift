public import Endpoints
public import Foundation
public import JSON

/// The endpoints and events of a service over ZeroMQ, as an AsyncAPI 3.0 document. It is made from contracts and nothing else,
/// as ``OpenAPI`` is.
///
/// Each endpoint is a channel: the service receives requests on it and replies. An endpoint whose output is published has a
/// second one, on which the service sends events.
public struct AsyncAPI: Sendable, Hashable {
    /// The media type of ``json`` (the registered one, `application/vnd.aai.asyncapi+json`, is known to few programs).
    public static let jsonType = "application/json"
    /// The media type of ``yaml`` (RFC 9512).
    public static let yamlType = "application/yaml"

    /// The document as a value.
    public let document: JSONValue

    /// - Parameters:
    ///   - contracts: the service's own contract first, whose name and version become the document's.
    ///   - address: a ZeroMQ address of the service, such as `tcp://time.example:7050`, if it is to be shown.
    public init(_ contracts: [ContractDescriptor], address: String? = nil) {
        var messages = Messages()
        var (channels, operations) = (JSONObject(), JSONObject())
        for contract in contracts {
            for endpoint in contract.endpoints {
                let name = contract.qualifiedName(of: endpoint)
                let call = Channel(name, address: name, messages.call(endpoint, name))
                channels[name] = call.document
                operations[name] = call.operation(receiving: endpoint, contract.tag)
                guard endpoint.isPublished else { continue }
                let events = Channel(name + ".events", address: name, messages.events(endpoint, name))
                channels[events.name] = events.document
                operations[events.name] = events.operation(sending: endpoint, contract.tag)
            }
        }
        document = [
            "asyncapi": "3.0.0", "info": Self.info(contracts),
            "servers": address.map(Self.servers), "defaultContentType": "application/json",
            "channels": .object(channels), "operations": .object(operations),
            "components": [
                "schemas": .object(messages.schemas.members), "messages": .object(messages.members),
                "securitySchemes": [
                    "token": [
                        "type": "httpApiKey", "in": "header", "name": .string(Access.tokenHeader.lowercased()),
                        "description": "A token from the issuer, as a line of the head.",
                    ]
                ],
            ],
        ]
    }

    /// The document as JSON.
    public var json: Data { document.indentedJSON }

    /// The document as YAML.
    public var yaml: Data { document.yaml }

    private static func info(_ contracts: [ContractDescriptor]) -> JSONValue {
        [
            "title": .string(contracts.first?.name ?? ""), "version": .string(contracts.first?.version ?? ""),
            "description": .string([contracts.first?.summary, protocols].compactMap(\.self).joined(separator: "\n\n")),
            "tags": .array(
                contracts.map { ["name": .string($0.tag), "description": .string($0.summary)] }),
        ]
    }

    private static func servers(_ address: String) -> JSONValue {
        let host = address.firstRange(of: "://").map { String(address[$0.upperBound...]) } ?? address
        return [
            "service": [
                "host": .string(host), "protocol": "zmtp", "protocolVersion": "3.1",
                "description": .string("A ROUTER socket at \(address)."),
            ]
        ]
    }

    private static let protocols = """
        Calls (protocol S1): the service binds a ROUTER socket; a client connects a DEALER, or a REQ. A message has three frames: \
        a preamble of 16 bytes (`<2sBBIQ`: magic `S1`, kind, flags, milliseconds, request id), a head in text (the channel's \
        address or the status in the first line, then lines `name: value`), and a body of JSON. A reply has the id of its request.

        Events (protocol E1): the service binds a PUB socket; a client connects a SUB and subscribes to the channel's address. A \
        message has three frames: the topic, a head in text (`E1`, then lines `epoch: …` and `sequence: …`), and a body, \
        which is empty in a heartbeat.
        """
}

/// A channel with its messages, which have names within it.
private struct Channel {
    let name: String
    private let address: String
    private let messages: JSONObject

    init(_ name: String, address: String, _ messages: JSONObject) {
        self.name = name
        self.address = address
        self.messages = messages
    }

    var document: JSONValue { ["address": .string(address), "messages": .object(messages)] }

    /// A call: the first message is the request, the others may be replies.
    func operation(receiving endpoint: EndpointDescriptor, _ tag: String) -> JSONValue {
        [
            "action": "receive", "channel": reference, "summary": .string(endpoint.summary),
            "tags": [["name": .string(tag)]], "security": endpoint.security,
            "messages": .array(references.prefix(1).map(\.self)),
            "reply": ["channel": reference, "messages": .array(references.dropFirst().map(\.self))],
            "x-access": .string(endpoint.access.words),
            "x-deadline-ms": .integer(Int(endpoint.deadline / .milliseconds(1))),
        ]
    }

    func operation(sending endpoint: EndpointDescriptor, _ tag: String) -> JSONValue {
        [
            "action": "send", "channel": reference, "summary": .string(endpoint.summary),
            "tags": [["name": .string(tag)]], "messages": .array(references),
        ]
    }

    private var reference: JSONValue { ["$ref": .string("#/channels/\(name)")] }

    private var references: [JSONValue] {
        messages.names.map { ["$ref": .string("#/channels/\(name)/messages/\($0)")] }
    }
}

extension EndpointDescriptor {
    fileprivate var security: JSONValue? {
        access == .open ? nil : [["$ref": "#/components/securitySchemes/token"]]
    }
}

extension Access {
    fileprivate var words: String {
        switch self {
        case .open: "open"
        case .token: "token"
        case .permission(let permission, _): "permission " + permission
        }
    }
}
