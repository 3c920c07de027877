import Contracts
public import Endpoints
import JOSE
import Logging
public import RPC
public import Tokens
public import Trust

/// The source of auth's own verifier. The ``TrustSynchronizer`` brings it keys and revocations; the store confirms a token.
public struct LocalIssuer: IssuerClient {
    private let store: any RevocationStore

    public init(_ store: any RevocationStore) {
        self.store = store
    }

    /// - Returns: that nothing has changed.
    /// - Throws: ``Problem/Kind/storeUnavailable`` if the store has no answer, and the synchronizer may have missed a change.
    public func changes(since position: StreamPosition?) async throws(Problem) -> TrustUpdates {
        guard let position, position.sequence > 0, (try? await store.changes(since: position.sequence, limit: 1)) != nil
        else {
            throw Problem(.storeUnavailable, "The store has no answer.", retryAfter: .seconds(1), isUnprocessed: true)
        }
        return TrustUpdates(since: position.sequence, position, keys: JWKSet([]), revoked: [])
    }

    /// Permissions of a token never grow, and one whose user may do less is revoked: so that is all to look for.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        let isRevoked: Bool
        do throws(StoreError) {
            isRevoked = try await store.isRevoked(context.principal?.tokenID ?? "")
        } catch {
            context.logger.error("A token cannot be confirmed", metadata: ["error": "\(error)"])
            throw Problem(
                .storeUnavailable, "The store has no answer.", retryAfter: .seconds(1), isUnprocessed: true)
        }
        guard !isRevoked else { throw Problem(.tokenInvalid, "The token is not one that is accepted here.") }
    }
}
