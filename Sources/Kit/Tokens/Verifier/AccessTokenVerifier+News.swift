public import Endpoints
public import RPC

extension AccessTokenVerifier: NewsReader {
    /// The version of the issuer's changes that is known; `nil` before the first answer.
    public var edition: Edition? { ring.edition }

    public func read(_ bulletin: Bulletin) -> Bool {
        guard !bulletin.body.isEmpty else { return bulletin.edition == ring.edition }
        // What cannot be read is as good as lost.
        guard let changes = try? JSONCoding.decode(TokenChanges.self, from: bulletin.body) else { return false }
        return !changes.isPart && apply(changes)
    }

    public func catchUp() async throws(Problem) {
        await ring.fetch(isUrgent: true)
        if let failure = ring.lastFailure { throw failure }
    }
}
