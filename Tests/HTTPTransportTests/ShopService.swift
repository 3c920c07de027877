import Endpoints
import Foundation
import RPC
import Waiting

/// Says what it has understood of its input.
actor ShopService: Service {
    /// Something that a handler has come to, for a test to wait for.
    enum Event { case waiting, cancelled }

    private nonisolated let happened = Signal<Event>()

    /// Waits for what happens next.
    nonisolated func next() async -> Event? { await happened.next() }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(ShopContract.find, with: find)
            handle(ShopContract.seek, with: find)
            handle(ShopContract.item, with: item)
            handle(ShopContract.add, with: item)
            handle(ShopContract.change, with: item)
            handle(ShopContract.remove) { _, _ in Empty() }
            handle(ShopContract.bare) { _, context in Found(text: context.trace.traceID) }
            handle(ShopContract.copy) { bytes, _ in bytes }
            handle(ShopContract.left) { _, context in Found(text: String(Int(context.remaining / .milliseconds(1)))) }
            handle(ShopContract.wait, with: wait)
            handle(ShopContract.crash) { _, _ in throw CocoaError(.fileNoSuchFile) }
            handle(ShopContract.busy) { _, _ in
                throw Problem(.tooManyRequests, "Too much.", retryAfter: .milliseconds(1200), isUnprocessed: true)
            }
        }
    }

    private func find(_ search: ItemSearch, _ context: CallContext) async -> Found {
        let tags = (search.tags ?? []).joined(separator: "+")
        return Found(text: "\(search.text) \(search.count ?? 0) \(search.exact ?? false) \(tags)")
    }

    private func item(_ item: Item, _ context: CallContext) async -> Found {
        Found(text: "\(item.id) \(item.name ?? "-")")
    }

    private func wait(_: Empty, _ context: CallContext) async throws -> Empty {
        happened.send(.waiting)
        do {
            try await Task.sleep(for: .seconds(25))
        } catch {
            happened.send(.cancelled)
            throw error
        }
        return Empty()
    }
}
