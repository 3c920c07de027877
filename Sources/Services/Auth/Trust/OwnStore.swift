import Contracts
public import Endpoints
import Logging
public import RPC
public import Tokens

/// Whom auth's own verifier asks: nobody about keys, which the ``TrustKeeper`` tells it, and the store about a token.
public struct OwnStore: KeySource {
    private let store: any RevocationStore

    public init(_ store: any RevocationStore) {
        self.store = store
    }

    public func changes(since edition: Edition?) async throws(Problem) -> TokenChanges {
        throw Problem(.unavailable, "All that is known has been told.")
    }

    /// Permissions of a token never grow, and one whose user may do less is revoked: so that is all to look for.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        let isRevoked: Bool
        do throws(StoreError) {
            isRevoked = try await store.isRevoked(context.principal?.tokenID ?? "")
        } catch {
            context.logger.error("A token cannot be confirmed: \(error)")
            throw Problem(
                .storeUnavailable, "The store has no answer.", retryAfter: .seconds(1), isUnprocessed: true)
        }
        guard !isRevoked else { throw Problem(.tokenInvalid, "The token is not one that is accepted here.") }
    }
}
