import Endpoints
import JSON

/// The messages of an AsyncAPI document: each appears once, and channels refer to it.
struct Messages {
    var schemas = SchemaComponents(prefix: "#/components/schemas/")
    private(set) var members = JSONObject()

    /// The messages of a call, by their names in its channel: the request first, then what may be the reply.
    mutating func call(_ endpoint: EndpointDescriptor, _ name: String) -> JSONObject {
        let input = schemas.reference(to: endpoint.input, named: endpoint.inputName ?? name + ".input", .input)
        let output = schemas.reference(to: endpoint.output, named: endpoint.outputName ?? name + ".output", .output)
        let problem = schemas.reference(to: Problem.schema, named: "Problem", .output)
        return [
            "request": message(
                name + ".request", Self.requestHeaders, input, contentType: endpoint.input.contentType,
                example: example(endpoint.input, [:])),
            "reply": message(
                name + ".reply", Self.replyHeaders, output, contentType: endpoint.output.contentType,
                example: example(endpoint.output, ["status": .integer(endpoint.http.status)])),
            "problem": message("problem", Self.replyHeaders, problem, contentType: Problem.contentType),
        ]
    }

    /// The messages of an endpoint's events, by their names in its channel.
    mutating func events(_ endpoint: EndpointDescriptor, _ name: String) -> JSONObject {
        let output = schemas.reference(to: endpoint.output, named: endpoint.outputName ?? name + ".output", .output)
        return [
            "event": message(
                name + ".event", Self.eventHeaders, output, contentType: endpoint.output.contentType),
            "heartbeat": message("heartbeat", Self.eventHeaders, nil),
        ]
    }

    /// A reference to a message, which is added unless it is there.
    private mutating func message(
        _ name: String, _ headers: JSONValue, _ payload: JSONValue?, contentType: String? = nil,
        example: JSONValue? = nil
    ) -> JSONValue {
        if members[name] == nil {
            let isAnswer = headers["properties"]?["request_id"] != nil
            members[name] = [
                "name": .string(name), "contentType": contentType.map { .string($0) }, "headers": headers,
                "correlationId": isAnswer ? ["location": "$message.header#/request_id"] : nil, "payload": payload,
                "examples": example.map { [$0] },
            ]
        }
        return ["$ref": .string("#/components/messages/\(name)")]
    }

    private func example(_ schema: Schema, _ headers: JSONObject) -> JSONValue? {
        schema.example.map { example in
            let id: JSONObject = ["request_id": 1]
            return ["headers": .object(id.merging(headers)), "payload": example]
        }
    }

    private static let requestID: JSONValue = [
        "type": "integer", "format": "int64", "minimum": 0,
        "description": "Unique among the connection's calls in flight: the last 8 bytes of the preamble.",
    ]

    private static let requestHeaders: JSONValue = headers(
        required: ["request_id"],
        [
            "request_id": requestID,
            "time": [
                "type": "integer", "format": "int64", "minimum": 0, "maximum": 4_294_967_295,
                "description":
                    "The milliseconds that are left for the call, in the preamble; 0 for the endpoint's default.",
            ],
            Access.tokenHeader.lowercased(): text(
                "The caller's token; `authorization: Bearer …` is accepted as well."),
            "traceparent": text("The call's place in its trace (W3C Trace Context)."),
            "x-request-id": text("An id of the request, which is echoed."),
            "x-origin": text("The address of the client on whose behalf a service calls."),
        ])

    private static let replyHeaders: JSONValue = headers(
        required: ["request_id", "status"],
        [
            "request_id": requestID,
            "status": [
                "type": "integer", "format": "int32", "minimum": 100, "maximum": 599,
                "description": "An HTTP status code, in the first line of the head.",
            ],
            "processed": text("`no` if the call was refused before its handler started."),
            "x-request-id": text("The id of the request, echoed."),
            "server-timing": text("The server's time by phase, if the request asked for it."),
        ])

    private static let eventHeaders: JSONValue = headers(
        required: ["epoch", "sequence"],
        [
            "epoch": text("The id of the stream of changes. If it is another one, what is known is of another stream."),
            "sequence": [
                "type": "integer", "format": "int64", "minimum": 0, "description": "The number of the last change.",
            ],
        ])

    private static func headers(required: [JSONValue], _ properties: JSONValue) -> JSONValue {
        ["type": "object", "properties": properties, "required": .array(required)]
    }

    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "description": .string(description)]
    }
}
