/// Refresh tokens, in families.
public protocol SessionStore: Sendable {
    /// Opens a family with its first token, for a user whose password was right, and forgets the wrong ones before it.
    ///
    /// - Parameters:
    ///   - token: its `family` is its `hash`.
    ///   - passwordHash: what the password was compared with.
    ///   - rehashed: takes the place of that hash, where its parameters had become too weak.
    /// - Returns: what the family's access token may permit: whatever is taken from the user later, revokes it. `nil` where
    ///   none was opened: the user is gone or locked, or has another password meanwhile.
    func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Set<String>?

    /// - Parameter hash: of the token.
    func refreshToken(_ hash: String) async throws(StoreError) -> StoredRefreshToken?

    /// Uses a token for the next one of its family. A token that was used a moment ago gives the same next one once more, if
    /// nobody has used that. Any other that was used before ends its family, in the same transaction: the family's access
    /// tokens are revoked, and there is a line in the audit trail.
    ///
    /// - Parameters:
    ///   - hash: of the token that is used.
    ///   - next: of the same family; kept only if the outcome is ``Rotation/rotated(permissions:)``. Its `issued` is the moment.
    ///   - sealed: the next one, as only who shows the used one can read it.
    ///   - time: for how long the used one gives the next one once more.
    ///   - origin: where it came from, for the audit trail.
    func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) async throws(StoreError) -> Rotation

    /// Ends the family of a token, and revokes its access tokens.
    ///
    /// - Parameter hash: of any of the family's tokens, used or not.
    /// - Returns: whether there was such a family, and it had not ended before.
    func endSession(_ hash: String, _ entry: AuditEntry) async throws(StoreError) -> Bool
}
