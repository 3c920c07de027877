import Endpoints
import Foundation

enum OrdersContract: Contract {
    static let name = "orders", version = "1.0.0", summary = "Takes orders."
    static let place = Endpoint<NewOrder, Order>(
        "place", .post, "/api/v1/orders", status: 201, access: .permission("orders"), problems: [.soldOut],
        summary: "Takes an order.")
    static let list = Endpoint<OrderFilter, Orders>(
        "list", .get, "/api/v1/orders", access: .permission("orders"), summary: "Lists orders.")
    static let changes = Endpoint<Known, Changes>(
        "changes", .get, "/api/v1/orders/changes", access: .permission("orders"), published: true,
        summary: "Returns the orders since a position.")
    static let endpoints = EndpointList {
        place
        list
        changes
    }
}

extension Problem.Kind {
    static let soldOut = Self("sold_out", status: 409, title: "Sold out")
}

enum Kind: String, Codable, CaseIterable {
    case tea, coffee

    static let schema = Schema.string(values: allCases.map(\.rawValue), example: "tea")
}

struct Line: Payload, Equatable {
    static let schema = Schema.object(
        .required("kind", Kind.schema, "What is ordered."),
        .required("count", .integer(1...100, example: 2), "How many."),
        .required("price", .number(0...1000, example: 2.5), "The price of one."))
    let kind: Kind
    let count: Int
    let price: Decimal
}

struct NewOrder: Payload {
    static let schema = Schema.object(
        .required("lines", .array(of: .payload(Line.self), count: 1...50), "What is ordered."),
        .optional("deliver_by", .string(format: .dateTime, example: "2026-11-29T16:00:00+00:00"), "The time."),
        .optional("notes", .map(of: .string(length: 0...100, example: "Ring twice.")), "Notes by their reader."))
    let lines: [Line]
    var deliverBy: Date?
    var notes: [String: String]?
    enum CodingKeys: String, CodingKey {
        case lines, notes
        case deliverBy = "deliver_by"
    }
}

struct Order: Payload, Equatable {
    static let schema = Schema.object(
        .required("id", .string(format: .uuid, example: "8b0e5f0a-4b0f-4b8e-9d3e-0a4b0f4b8e9d"), "The id."),
        .required("lines", .array(of: .payload(Line.self)), "What is ordered."),
        .required("total", .number(example: 5), "The sum."),
        .optional("deliver_by", .string(format: .dateTime, example: "2026-11-29T16:00:00+00:00"), "The time."))
    let id: UUID
    let lines: [Line]
    let total: Decimal
    let deliverBy: Date?
    enum CodingKeys: String, CodingKey {
        case id, lines, total
        case deliverBy = "deliver_by"
    }
}

struct OrderFilter: Payload {
    static let schema = Schema.object(
        .optional("kinds", .array(of: Kind.schema), "Orders with one of these only."),
        .optional("least", .number(0...1_000_000, example: 10), "Orders of this sum at least."))
    var kinds: [Kind]?
    var least: Decimal?
}

struct Orders: Payload {
    static let schema = Schema.object(.required("orders", .array(of: .payload(Order.self)), "The orders."))
    let orders: [Order]
}

struct Known: Payload {
    static let schema = Schema.object(
        .optional("epoch", .string(length: 1...64, example: "k3vJ8Q"), "The id of the stream that is known."),
        .optional("since", .integer(0...1_000_000_000, example: 41), "The number of the last change that is known."))
    var epoch: String?
    var since: Int?
}

struct Changes: Payload {
    static let schema = Schema.object(
        .required("epoch", .string(example: "k3vJ8Q"), "The id of the stream."),
        .required("since", .integer(example: 41), "The number of the change before these."),
        .required("sequence", .integer(example: 42), "The number of the last change."),
        .required("orders", .array(of: .payload(Order.self)), "The orders."))
    let epoch: String
    let since: Int
    let sequence: Int
    let orders: [Order]
}
