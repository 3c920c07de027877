import Endpoints
import Foundation
import RPC
import Synchronization

enum BillsContract: Contract {
    static let name = "bills", version = "1.0.0", summary = "Knows what is to be paid."
    static let sum = Endpoint<Empty, Sum>(
        "sum", .get, "/api/v1/bills/sum", access: .permission("orders"), summary: "Returns the sum of all orders.")
    static let endpoints = EndpointList { sum }
}

struct Sum: Payload {
    static let schema = Schema.object(
        .required("orders", .integer(example: 3), "The number of orders."),
        .required("total", .number(example: 12.5), "Their sum."))
    let orders: Int
    let total: Decimal
}

/// It makes no calls: it keeps what orders has published.
actor BillsService: Service {
    private let ledger: Ledger

    init(_ ledger: Ledger) {
        self.ledger = ledger
    }

    nonisolated var handlers: Handlers { Handlers { handle(BillsContract.sum, with: sum) } }

    func pendingDependencies() async -> [String] { ledger.isComplete ? [] : ["orders"] }

    func sum(_: Empty, _ context: CallContext) async -> Sum { ledger.sum }
}

/// All orders, by events, and by a call for what was missed.
final class Ledger: EventSubscriber {
    private let known = Mutex((orders: [UUID: Order](), position: StreamPosition?.none))
    private let missed: @Sendable (Known) async throws(Problem) -> Changes

    /// - Parameter missed: calls `orders.changes`.
    init(missed: @escaping @Sendable (Known) async throws(Problem) -> Changes) {
        self.missed = missed
    }

    var isComplete: Bool { known.withLock { $0.position != nil } }

    var sum: Sum {
        known.withLock { known in
            Sum(orders: known.orders.count, total: known.orders.values.reduce(0) { $0 + $1.total })
        }
    }

    func apply(_ event: Event) -> Bool {
        let changes = try? event.changes(Changes.self)
        return known.withLock { known in
            guard let position = known.position, position.epoch == event.position.epoch else { return false }
            if let changes, changes.since == position.sequence { Self.add(changes, to: &known) }
            return known.position?.sequence ?? 0 >= event.position.sequence
        }
    }

    func resync() async throws(Problem) {
        let position = known.withLock { $0.position }
        let changes = try await missed(Known(epoch: position?.epoch, since: position?.sequence))
        known.withLock { known in
            if changes.since == 0 { known.orders = [:] }
            Self.add(changes, to: &known)
        }
    }

    private static func add(
        _ changes: Changes, to known: inout (orders: [UUID: Order], position: StreamPosition?)
    ) {
        for order in changes.orders { known.orders[order.id] = order }
        known.position = StreamPosition(epoch: changes.epoch, sequence: changes.sequence)
    }
}
