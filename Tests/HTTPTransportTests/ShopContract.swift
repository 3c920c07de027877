import Endpoints

/// A contract with one endpoint for each way that an input can travel.
enum ShopContract: Contract {
    static let name = "shop"
    static let version = "1.0.0"
    static let summary = "Made for tests."

    /// Long enough for a busy machine; what a test says about deadlines it says with its own.
    private static let long = Duration.seconds(20)

    static let find = Endpoint<ItemSearch, Found>(
        "find", .get, "/shop/items", access: .open, deadline: long,
        summary: "Takes everything in the query.")
    static let item = Endpoint<Item, Found>(
        "item", .get, "/shop/items/{id}", aliases: ["/shop/things/{id}"], access: .open, deadline: long,
        summary: "Takes a path field.")
    static let add = Endpoint<Item, Found>(
        "add", .post, "/shop/items", status: 201, access: .open, deadline: long,
        summary: "Takes everything in the body.")
    static let seek = Endpoint<ItemSearch, Found>(
        "seek", .post, "/shop/search", acceptsForms: true, access: .open, deadline: long,
        summary: "Takes everything in the body, which may be a form.")
    static let change = Endpoint<Item, Found>(
        "change", .put, "/shop/items/{id}", access: .permission("change"), deadline: long,
        summary: "Takes path and body.")
    static let remove = Endpoint<Item, Empty>(
        "remove", .delete, "/shop/items/{id}", access: .token, deadline: long,
        summary: "Has nothing to say.")
    static let bare = Endpoint<Empty, Found>(
        "bare", .get, "/shop/bare", envelope: false, access: .open, deadline: long,
        summary: "Has no envelope.")
    static let copy = Endpoint<Bytes, Bytes>(
        "copy", .post, "/shop/copies", access: .open, deadline: long,
        summary: "Takes and returns bytes.")
    static let left = Endpoint<Empty, Found>(
        "left", .get, "/shop/left", access: .open, deadline: long,
        summary: "Tells how many milliseconds are left.")
    static let wait = Endpoint<Empty, Empty>(
        "wait", .get, "/shop/wait", access: .open, deadline: long,
        summary: "Waits until it is cancelled.")
    static let crash = Endpoint<Empty, Empty>(
        "crash", .get, "/shop/crash", access: .open, deadline: long,
        summary: "Fails.")
    static let busy = Endpoint<Empty, Empty>(
        "busy", .get, "/shop/busy", access: .open, deadline: long,
        summary: "Refuses.")

    static let endpoints = EndpointList {
        find
        item
        add
        seek
        change
        remove
        bare
        copy
        left
        wait
        crash
        busy
    }
}

struct ItemSearch: Payload, Equatable {
    static let schema = Schema.object(
        .required("text", .string(length: 1...10, example: "tea"), "What is searched."),
        .optional("count", .integer(1...10, example: 2), "How many."),
        .optional("exact", .boolean(example: true), "Whether the text is the whole name."),
        .optional("tags", .array(of: .string(example: "hot")), "Any of these."))

    var text: String
    var count: Int?
    var exact: Bool?
    var tags: [String]?
}

struct Item: Payload, Equatable {
    static let schema = Schema.object(
        .required("id", .integer(1...999, example: 7), "Its number."),
        .optional("name", .string(length: 1...20_000_000, example: "tea"), "Its name."))

    var id: Int
    var name: String?
}

struct Found: Payload, Equatable {
    static let schema = Schema.object(.required("text", .string(example: "tea"), "What was understood."))

    var text: String
}
