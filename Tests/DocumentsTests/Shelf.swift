import Documents
import Endpoints
import JSON

/// A contract with an endpoint of each sort.
enum ShelfContract: Contract {
    static let name = "shelf"
    static let version = "2.1.0"
    static let summary = "Keeps books."

    static let find = Endpoint<Search, Books>(
        "find", .get, "/shelf/{room}/books", aliases: ["/books/{room}"], access: .token, summary: "Finds books.")
    static let add = Endpoint<Book, Empty>(
        "add", .post, "/shelf/books", status: 204, acceptsForms: true, access: .permission("write", introspect: true),
        problems: [.conflict],
        summary: "Adds a book.")
    static let move = Endpoint<Move, Book>(
        "move", .put, "/shelf/books/{title}", access: .open, problems: [.notFound, .tokenInvalid],
        summary: "Moves a book.")
    static let count = Endpoint<Empty, Count>(
        "count", .get, "/shelf/count", access: .open, published: true, summary: "Counts the books.")

    static let endpoints = EndpointList {
        find
        add
        move
        count
    }
}

struct Search: Payload {
    static let schema = Schema.object(
        .required("room", .string(length: 1...16, example: "attic"), "Where."),
        .required("words", .array(of: .string(example: "star")), "What is in the title."),
        .optional("limit", .integer(1...50, example: 10), "How many at most."))
    let room: String
    let words: [String]
    let limit: Int?
}

struct Book: Payload {
    static let schema = Schema.object(
        .required("title", .string(pattern: "[A-Z].*", example: "Stars"), "The title."),
        .optional("state", .string(values: ["new", "old"], example: "new"), "How it looks."))
    let title: String
    let state: String?
}

struct Books: Payload {
    static let schema = Schema.object(
        .required("books", .array(of: .payload(Book.self), count: 0...50), "The books."),
        .optional("best", .payload(Book.self), "The best of them."))
    let books: [Book]
    let best: Book?
}

struct Move: Payload {
    static let schema = Schema.object(
        .required("title", .string(example: "Stars"), "Which book."),
        .optional("room", .string(example: "cellar"), "The new room; the same by default."),
        .optional("beside", .payload(Book.self), "The book beside it."))
    let title: String
    let room: String?
    let beside: Book?
}

/// Bare numbers, by what is counted.
struct Count: Payload {
    static let schema = Schema.map(of: .integer(example: 3))
    let values: [String: Int]
}

extension JSONValue {
    /// The value that a pointer in words leads to: `"paths /shelf/count get"`. References are followed, within `root`.
    func at(_ path: String) -> JSONValue? {
        path.split(separator: " ").reduce(self) { document, name in
            guard let next = document?.child(String(name)) else { return nil }
            guard let reference = next["$ref"]?.string else { return next }
            return at(reference.dropFirst(2).split(separator: "/").joined(separator: " "))
        }
    }

    /// Every reference in the document.
    var references: [String] {
        (self["$ref"]?.string).map { [$0] } ?? members.flatMap(\.value.references) + elements.flatMap(\.references)
    }

    /// The names of an object's members.
    var names: [String] { members.names }

    /// The member of an object, or the element of an array by its number.
    private func child(_ name: String) -> JSONValue? {
        self[name] ?? Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    }
}
