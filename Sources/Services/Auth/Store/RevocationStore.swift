public import Foundation

/// Access tokens that are good no more though they have not ended, and the log by which verifiers hear of them.
public protocol RevocationStore: Sendable {
    /// Revokes an access token. Once more, it does nothing.
    func revoke(_ token: TokenReference, _ entry: AuditEntry) async throws(StoreError)

    /// - Parameter id: `jti` of an access token.
    func isRevoked(_ id: String) async throws(StoreError) -> Bool

    /// The revocations and changes after a version.
    ///
    /// - Parameters:
    ///   - version: 0 for all there is. One that is greater than the store's own is as 0: the store is another one.
    ///   - limit: how many revocations at most.
    func changes(since version: Int, limit: Int) async throws(StoreError) -> Changes
}

/// The audit trail. It is written together with what it tells of, and its lines are never changed.
public protocol AuditStore: Sendable {
    /// A page of it, the newest first.
    ///
    /// - Parameter number: of the last record of the page before; `nil` for the first page.
    func audit(before number: Int?, limit: Int) async throws(StoreError) -> [AuditRecord]

    /// Deletes the lines of before a moment, as ``AuthStore/prune(at:)`` deletes tokens.
    func forgetAudit(before moment: Date) async throws(StoreError)
}
