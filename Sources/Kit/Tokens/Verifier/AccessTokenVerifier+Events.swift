public import Endpoints
public import RPC

extension AccessTokenVerifier: EventSubscriber {
    /// The position in the issuer's changes; `nil` before the first response.
    public var position: StreamPosition? { ring.position }

    @discardableResult
    public func apply(_ event: Event) -> Bool {
        guard !event.body.isEmpty else { return event.position == ring.position }
        // One that cannot be read counts as lost.
        guard let changes = try? JSONCoding.decode(TrustUpdates.self, from: event.body) else { return false }
        return !changes.hasMore && apply(changes)
    }

    public func resync() async throws(Problem) {
        await ring.fetch(isUrgent: true)
        if let failure = ring.lastFailure { throw failure }
    }
}
