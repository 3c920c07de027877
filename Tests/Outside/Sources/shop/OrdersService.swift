import Endpoints
import Foundation
import RPC

actor OrdersService: Service {
    private let limit: Int
    private let publisher: (any EventPublisher)?
    private let epoch = UUID().uuidString
    private var orders: [Order] = []

    init(limit: Int, publisher: (any EventPublisher)? = nil) {
        self.limit = limit
        self.publisher = publisher
    }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(OrdersContract.place, with: place)
            handle(OrdersContract.list, with: list)
            handle(OrdersContract.changes, with: changes)
        }
    }

    func place(_ new: NewOrder, _ context: CallContext) async throws -> Order {
        guard orders.count < limit else { throw Problem(.soldOut, "There is nothing left.") }
        let total = new.lines.reduce(0) { $0 + $1.price * Decimal($1.count) }
        let order = Order(id: UUID(), lines: new.lines, total: total, deliverBy: new.deliverBy)
        orders.append(order)
        context.logger.info("Order taken", metadata: ["order": "\(order.id)"])
        try await publisher?.publish(
            Event(
                topic: OrdersContract.topic, position: StreamPosition(epoch: epoch, sequence: orders.count),
                changes: changes(since: orders.count - 1)))
        return order
    }

    func list(_ filter: OrderFilter, _ context: CallContext) async -> Orders {
        Orders(
            orders: orders.filter { order in
                order.total >= filter.least ?? 0
                    && filter.kinds.map { kinds in order.lines.contains { kinds.contains($0.kind) } } ?? true
            })
    }

    func changes(_ known: Known, _ context: CallContext) async -> Changes {
        changes(since: known.epoch == epoch ? min(known.since ?? 0, orders.count) : 0)
    }

    private func changes(since: Int) -> Changes {
        Changes(epoch: epoch, since: since, sequence: orders.count, orders: Array(orders[since...]))
    }
}

extension OrdersContract {
    static let topic = qualifiedName(of: changes)
}
