import Endpoints

/// A contract with an endpoint for each thing that can happen to a call.
enum TrialContract: Contract {
    static let name = "trial"
    static let version = "1.2.3"
    static let summary = "Made for tests."

    static let find = Endpoint<Search, Search>(
        "find", .get, "/trial/{key}/items", access: .open, deadline: .seconds(20), summary: "Echoes path and query.")
    static let change = Endpoint<Document, Document>(
        "change", .put, "/trial/{key}", access: .open, deadline: .seconds(20), summary: "Echoes path and body.")
    static let add = Endpoint<Note, Note>(
        "add", .post, "/trial", status: 201, access: .open, deadline: .seconds(20), summary: "Echoes the body.")
    static let nothing = Endpoint<Empty, Empty>(
        "nothing", .delete, "/trial", access: .open, deadline: .seconds(20), summary: "Takes and says nothing.")
    static let known = Endpoint<Empty, Note>(
        "known", .get, "/known", access: .token, deadline: .seconds(20), summary: "Says who calls.")
    static let guarded = Endpoint<Empty, Note>(
        "guarded", .get, "/guarded", access: .permission("trial"), deadline: .seconds(20), summary: "Says who calls.")
    static let confirmed = Endpoint<Empty, Note>(
        "confirmed", .get, "/confirmed", access: .permission("trial", fresh: true), deadline: .seconds(20),
        summary: "Says who calls, once that is confirmed.")
    static let context = Endpoint<Empty, Circumstances>(
        "context", .get, "/context", access: .open, summary: "Says what a handler knows of its call.")
    static let slow = Endpoint<Empty, Empty>(
        "slow", .post, "/slow", access: .open, deadline: .seconds(20), summary: "Waits until it is cancelled.")
    static let stubborn = Endpoint<Empty, Empty>(
        "stubborn", .post, "/stubborn", access: .open, deadline: .seconds(20), summary: "Waits until it is released.")
    static let batch = Endpoint<Number, Number>(
        "batch", .put, "/batch", access: .open, deadline: .seconds(30), summary: "Is answered last come, first served.")
    static let crash = Endpoint<Empty, Empty>(
        "crash", .post, "/crash", access: .open, deadline: .seconds(20), summary: "Fails.")
    static let refuse = Endpoint<Empty, Empty>(
        "refuse", .post, "/refuse", access: .open, deadline: .seconds(20), summary: "Refuses.")

    static let grant = Endpoint<Note, Note>(
        "grant", .post, "/grant", oauth: true, access: .open, deadline: .seconds(20), summary: "Refuses as OAuth does.")

    static let endpoints = Endpoints {
        find
        change
        add
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
    static let unknown = Endpoint<Empty, Empty>("unknown", .get, "/unknown", access: .open, summary: "Is not there.")
}

struct Search: Payload, Equatable {
    static let schema = Schema.object(
        .required("key", .string(example: "k"), "In the path."),
        .required("text", .string(length: 0...100, example: "tea"), "In the query."),
        .optional("count", .integer(1...10, example: 2), "In the query."),
        .optional("ratio", .number(-1e300...1e300, example: 0.5), "In the query."),
        .optional("exact", .boolean(example: true), "In the query."),
        .optional("tags", .array(of: .string(example: "hot")), "In the query."))

    var key: String
    var text: String
    var count: Int?
    var ratio: Double?
    var exact: Bool?
    var tags: [String]?
}

struct Document: Payload, Equatable {
    static let schema = Schema.object(
        .required("key", .string(example: "k"), "In the path."),
        .required("parts", .array(of: Note.schema, count: 0...10), "In the body."),
        .optional("labels", .map(of: .integer(0...9, example: 1)), "In the body."))

    var key: String
    var parts: [Note]
    var labels: [String: Int]?
}

struct Note: Payload, Equatable {
    static let schema = Schema.object(
        .required("text", .string(example: "tea"), "Any text."),
        .optional("number", .number(example: 0.5), "Any number."))

    var text: String
    var number: Double?
}

struct Number: Payload, Equatable {
    static let schema = Schema.object(.required("value", .integer(example: 7), "Any number."))

    var value: Int
}

struct Circumstances: Payload, Equatable {
    static let schema = Schema.object(
        .required("trace", .string(example: "0af7651916cd43dd8448eb211c80319c"), "The trace id."),
        .required("remaining", .integer(example: 100), "Milliseconds that are left."),
        .required("endpoint", .string(example: "trial.context"), "The qualified name."),
        .required("isOnThread", .boolean(example: true), "Whether the handler runs on its service's thread."))

    var trace: String
    var remaining: Int
    var endpoint: String
    var isOnThread: Bool
}
