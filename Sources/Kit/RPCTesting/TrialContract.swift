package import Endpoints

/// A contract with an endpoint for each thing that can happen to a call.
package enum TrialContract: Contract {
    package static let name = "trial"
    package static let version = "1.2.3"
    package static let summary = "Is held to the rules of every transport."

    package static let find = Endpoint<Search, Search>(
        "find", .get, "/trial/{key}/items", access: .open, deadline: .seconds(20), summary: "Echoes path and query.")
    package static let change = Endpoint<Record, Record>(
        "change", .put, "/trial/{key}", access: .open, deadline: .seconds(20), summary: "Echoes path and body.")
    package static let add = Endpoint<Note, Note>(
        "add", .post, "/trial", status: 201, access: .open, deadline: .seconds(20), summary: "Echoes the body.")
    package static let copy = Endpoint<Bytes, Bytes>(
        "copy", .post, "/copy", access: .open, deadline: .seconds(20), summary: "Echoes bytes.")
    package static let nothing = Endpoint<Empty, Empty>(
        "nothing", .delete, "/trial", access: .open, deadline: .seconds(20), summary: "Takes and says nothing.")
    package static let known = Endpoint<Empty, Note>(
        "known", .get, "/known", access: .token, deadline: .seconds(20), summary: "Says who calls.")
    package static let guarded = Endpoint<Empty, Note>(
        "guarded", .get, "/guarded", access: .permission("trial"), deadline: .seconds(20), summary: "Says who calls.")
    package static let confirmed = Endpoint<Empty, Note>(
        "confirmed", .get, "/confirmed", access: .permission("trial", introspect: true), deadline: .seconds(20),
        summary: "Says who calls, once that is confirmed.")
    package static let context = Endpoint<Empty, Circumstances>(
        "context", .get, "/context", access: .open, summary: "Says what a handler knows of its call.")
    package static let slow = Endpoint<Empty, Empty>(
        "slow", .post, "/slow", access: .open, deadline: .seconds(20), summary: "Waits until it is cancelled.")
    package static let stubborn = Endpoint<Empty, Empty>(
        "stubborn", .post, "/stubborn", access: .open, deadline: .seconds(20), summary: "Waits until it is released.")
    package static let batch = Endpoint<Number, Number>(
        "batch", .put, "/batch", access: .open, deadline: .seconds(30), summary: "Is answered last come, first served.")
    package static let crash = Endpoint<Empty, Empty>(
        "crash", .post, "/crash", access: .open, deadline: .seconds(20), summary: "Fails.")
    package static let refuse = Endpoint<Empty, Empty>(
        "refuse", .post, "/refuse", access: .open, deadline: .seconds(20), summary: "Refuses.")

    package static let grant = Endpoint<Note, Note>(
        "grant", .post, "/grant", oauth: true, access: .open, deadline: .seconds(20), summary: "Refuses as OAuth does.")

    package static let endpoints = EndpointList {
        find
        change
        add
        copy
        nothing
        known
        guarded
        confirmed
        context
        slow
        stubborn
        batch
        crash
        refuse
        grant
    }

    /// Not in the contract.
    package static let unknown = Endpoint<Empty, Empty>(
        "unknown", .get, "/unknown", access: .open, summary: "Is not there.")
}

package struct Search: Payload, Equatable {
    package static let schema = Schema.object(
        .required("key", .string(example: "k"), "In the path."),
        .required("text", .string(length: 0...100, example: "tea"), "In the query."),
        .optional("count", .integer(1...10, example: 2), "In the query."),
        .optional("ratio", .number(-1e300...1e300, example: 0.5), "In the query."),
        .optional("exact", .boolean(example: true), "In the query."),
        .optional("tags", .array(of: .string(example: "hot")), "In the query."))

    package var key: String
    package var text: String
    package var count: Int?
    package var ratio: Double?
    package var exact: Bool?
    package var tags: [String]?
}

package struct Record: Payload, Equatable {
    package static let schema = Schema.object(
        .required("key", .string(example: "k"), "In the path."),
        .required("parts", .array(of: Note.schema, count: 0...10), "In the body."),
        .optional("labels", .map(of: .integer(0...9, example: 1)), "In the body."))

    package var key: String
    package var parts: [Note]
    package var labels: [String: Int]?
}

package struct Note: Payload, Equatable {
    package static let schema = Schema.object(
        .required("text", .string(example: "tea"), "Any text."),
        .optional("number", .number(example: 0.5), "Any number."))

    package var text: String
    package var number: Double?

    package init(text: String, number: Double? = nil) {
        self.text = text
        self.number = number
    }
}

package struct Number: Payload, Equatable {
    package static let schema = Schema.object(.required("value", .integer(example: 7), "Any number."))

    package var value: Int

    package init(value: Int) {
        self.value = value
    }
}

package struct Circumstances: Payload, Equatable {
    package static let schema = Schema.object(
        .required("trace", .string(example: "0af7651916cd43dd8448eb211c80319c"), "The trace id."),
        .required("remaining", .integer(example: 100), "Milliseconds that are left."),
        .required("endpoint", .string(example: "trial.context"), "The qualified name."))

    package var trace: String
    package var remaining: Int
    package var endpoint: String
}
