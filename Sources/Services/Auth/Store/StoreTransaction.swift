package import Foundation

/// The rows of users, roles, sessions, keys and revocations within one transaction. What auth's rules say of them is
/// written on it once, for every store that keeps rows.
package protocol StoreTransaction {
    func user(named name: String) throws -> User?
    /// The result of ``UserStore/secret(of:)``.
    func secret(of name: String) throws -> StoredSecret?
    /// The result of ``UserStore/permissions(of:)``.
    func permissions(of name: String) throws -> Set<String>
    /// Writes a user with its permissions and roles.
    func insert(_ user: User) throws
    /// Writes all but a user's permissions and roles.
    func update(_ user: User) throws
    /// Writes permissions and roles in place of what the user had.
    func setAccess(of user: User) throws
    /// Counts one wrong password more.
    func recordFailure(of name: String) throws
    /// Forgets the wrong passwords of a user who is not locked and has this hash.
    ///
    /// - Parameter rehashed: takes the hash's place.
    /// - Returns: whether there is such a user.
    func forgetFailures(of name: String, passwordHash: String, rehashed: String?) throws -> Bool
    func delete(user name: String) throws
    /// The number of users that may change users.
    ///
    /// - Parameter orLocked: whether those count who are locked.
    func administrators(orLocked: Bool) throws -> Int

    func roles() throws -> [Role]
    func set(_ role: Role) throws
    func delete(role name: String) throws
    /// Those who have a role, by name.
    func holders(of role: String) throws -> [User]

    func refreshToken(_ hash: String) throws -> StoredRefreshToken?
    /// Opens the family of its first token.
    func insert(familyOf token: RefreshToken) throws
    func insert(_ token: RefreshToken) throws
    /// Writes down that a token was used.
    func note(_ use: StoredRefreshToken.Use, of hash: String) throws
    /// Ends what a change of a user ends.
    func end(_ ending: SessionInvalidation, of user: String, at moment: Date) throws
    func end(family: String, at moment: Date) throws

    /// All keys, the oldest first.
    func keys() throws -> [StoredKey]
    /// Adds keys or replaces those of their names, with a line of the audit trail; together that is one change.
    func write(_ keys: [StoredKey], _ entry: AuditEntry) throws

    /// - Returns: whether the token was not revoked before.
    func revoke(_ token: TokenReference) throws -> Bool

    /// Deletes some of the refresh tokens, families and revocations of which nothing can come any more at a moment.
    ///
    /// - Parameter limit: how many of each kind at most.
    /// - Returns: how many of the most frequent kind; fewer than `limit` if these were all.
    func forget(endedBy moment: Date, limit: Int) throws -> Int

    func note(_ entry: AuditEntry) throws

    /// Deletes those of the `limit` oldest lines of the audit trail that are of before a moment.
    ///
    /// - Returns: how many.
    func forgetAudit(before moment: Date, limit: Int) throws -> Int
}
