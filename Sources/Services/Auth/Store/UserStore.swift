public import Foundation

/// Users and roles.
///
/// A change that would leave no administrator (``User/isAdministrator(_:)``) if there was one is refused with
/// ``StoreRejection/lastAdministrator``, whichever method it comes by.
public protocol UserStore: Sendable {
    /// - Returns: `nil` if there is no user of this name.
    func user(named name: String) async throws(StoreError) -> User?

    /// - Returns: `nil` if there is no such user, or it is locked.
    func secret(of name: String) async throws(StoreError) -> StoredSecret?

    /// - Returns: what the user may do now, by itself and by its roles; nothing if there is no such user, or
    ///   it is locked.
    func permissions(of name: String) async throws(StoreError) -> Set<String>

    /// A page of the users, by name.
    ///
    /// - Parameters:
    ///   - name: the last name of the page before; `nil` for the first page.
    ///   - limit: how many at most.
    func users(after name: String?, limit: Int) async throws(StoreError) -> [User]

    /// A page of the accounts of OAuth clients (``ClientAccount``), by name, as that of the users.
    func clients(after name: String?, limit: Int) async throws(StoreError) -> [User]

    /// Adds a user.
    ///
    /// - Returns: the user, or ``StoreRejection/notAdministrator``, ``StoreRejection/nameTaken``,
    ///   ``StoreRejection/noSuchRole(_:)``, ``StoreRejection/notHeld(_:)``, ``StoreRejection/tooMuch``.
    func add(
        _ user: User, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection>

    /// - Returns: true if somebody holds ``Administration/permission``, locked or not.
    func hasAdministrator() async throws(StoreError) -> Bool

    /// Adds the first administrator, with a role of that name and these permissions, unless there is or was one: of several
    /// processes that start at once, one does.
    ///
    /// - Returns: true if it was added; false if a user has its name or holds ``Administration/permission``, locked or not.
    func addFirstAdministrator(_ user: User, _ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Changes a user, unless all is so already, and ends with it what ``UserChange/applied(to:held:roles:at:)`` says. The time is
    /// that of the entry.
    ///
    /// - Returns: the user as it is now.
    func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection>

    /// Removes a user. Its sessions end, and its access tokens are revoked.
    ///
    /// - Returns: the user as it was.
    func remove(
        _ name: String, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection>

    /// Counts a wrong password, with a line in the audit trail from the `limit`th in a row on.
    ///
    /// - Parameter origin: where it came from, for the audit trail.
    /// - Returns: how many there have been in a row; 0 if there is no such user.
    func recordFailure(
        of name: String, limit: Int, from origin: String?, at moment: Date
    ) async throws(StoreError) -> Int

    /// All roles, by name.
    func roles() async throws(StoreError) -> [Role]

    /// Adds a role, or gives one other permissions, unless it has these. Access tokens of users who may do less than before are
    /// revoked.
    func set(_ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, StoreRejection>

    /// Removes a role, and takes it from all users who have it, whose access tokens are revoked.
    ///
    /// - Returns: the role as it was, or ``StoreRejection/noSuchRole(_:)``.
    func removeRole(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, StoreRejection>
}
