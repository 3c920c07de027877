public import Foundation

/// The store of what must outlast auth. The rules hold for all of its parts:
///
/// * **Acknowledged is durable.** When a method that writes returns, what it wrote outlasts a crash of the machine.
/// * **Each method is one transaction**, with what it says it ends and with its line of the audit trail; no reader sees a
/// part.   What a method refuses, it refuses also when two callers, or two processes, try at once.
/// * **Refused is not failed.** A ``StoreRejection`` is a result and leaves everything as it was. A ``StoreError`` is thrown:
/// the store is gone, full, read-only or held. The next call tries anew; a store mends without a restart.
/// * **Nothing blocks** the caller's thread: stores work on threads of their own. Only a caller on a thread that is
/// there to be blocked (`BlockingThreadPool`) may find the work done on it.
/// * A name that holds a NUL belongs to no user.
/// * Texts are compared and ordered by their UTF-8 bytes; times are kept to the millisecond.
///
/// `AuthStoreTests` holds the tests that every store must pass.
public protocol AuthStore: UserStore, SessionStore, KeyStore, RevocationStore, AuditStore {
    /// Reads and writes, for the sake of it. When it returns, both work.
    func probe() async throws(StoreError)

    /// Deletes refresh tokens and revocations that have no effect any more at an instant. However many there are,
    /// others who write do not wait for more than some milliseconds.
    func prune(at moment: Date) async throws(StoreError)

    /// Releases files and connections. Calls after it throw ``StoreError/unavailable(_:)``.
    func close() async
}

extension String {
    /// True if it holds a NUL. Databases would read a name up to that, and find somebody else, or not take it.
    package var containsNUL: Bool { utf8.contains(0) }
}

// As databases hold times.
extension Date {
    /// Since 1970.
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    package init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

/// The reason why a store failed. Nothing has been done, or at least nothing is acknowledged.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be reached, or it fails for a reason of its own, which is for the log.
    case unavailable(String)
    /// No waiting mends it: a wrong password, no right to make a table, tables of something else. The reason is for the
    /// log.
    case unusable(String)
    /// There is no room left.
    case full
    /// It can be read and not written.
    case readOnly
    /// Another process holds it.
    case locked
    /// Too many wait for it already. That says nothing of the store itself.
    case busy

    public var description: String {
        switch self {
        case .unavailable(let reason): "The store is not available: \(reason)"
        case .unusable(let reason): "The store cannot be used: \(reason)"
        case .full: "The store is full."
        case .readOnly: "The store can only be read."
        case .locked: "The store is held by another process."
        case .busy: "Too many wait for the store."
        }
    }
}

/// Refresh tokens, in families.
public protocol SessionStore: Sendable {
    /// Opens a family with its first token, for a user whose password was right, and forgets the wrong ones before it.
    ///
    /// - Parameters:
    ///   - token: its `family` is its `hash`.
    ///   - passwordHash: what the password was compared with.
    ///   - rehashed: takes the place of that hash, if its parameters had become too weak.
    /// - Returns: what the family's access token may permit: whatever is taken from the user later, revokes it. `nil` if
    ///   none was opened: the user is gone or locked, or has another password meanwhile.
    func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Set<String>?

    /// - Parameter hash: of the token.
    func refreshToken(_ hash: String) async throws(StoreError) -> StoredRefreshToken?

    /// Uses a token for the next one of its family. A token that was used shortly before gives the same next one once more, if
    /// that was not used. Any other that was used before ends its family, in the same transaction: the family's access
    /// tokens are revoked, and there is a line in the audit trail.
    ///
    /// - Parameters:
    ///   - hash: of the token that is used.
    ///   - next: of the same family; kept only if the outcome is ``Rotation/rotated(permissions:)``. Its `issued` is the instant.
    ///   - sealed: the next one, as only who shows the used one can read it.
    ///   - time: for how long the used one gives the next one once more.
    ///   - origin: where it came from, for the audit trail.
    func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) async throws(StoreError) -> Rotation

    /// Ends the family of a token, and revokes its access tokens.
    ///
    /// - Parameter hash: of any of the family's tokens, used or not.
    /// - Returns: true if there was such a family, and it had not ended before.
    func endSession(_ hash: String, _ entry: AuditEntry) async throws(StoreError) -> Bool
}

/// Signing keys. Each change of one has a version in ``Changes``; the time is that of its entry.
public protocol KeyStore: Sendable {
    /// All keys, the oldest first. They hold their secrets.
    func keys() async throws(StoreError) -> [StoredKey]

    /// Adds the first key, which signs at once, unless there is a key: of several processes that start at once, one does.
    ///
    /// - Returns: true if it was added.
    func begin(with key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Adds a key that will sign later.
    ///
    /// - Returns: true if it was added; false if there is one of its name, or there are as many as a set can hold.
    func announce(_ key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Lets an announced key sign; the one that has signed retires with it.
    ///
    /// - Returns: true if it did; false if there is no such key, or it is not announced (any more).
    func promote(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Ends a key that is retiring, or one that was announced and never signed, and forgets its private half.
    ///
    /// - Returns: true if it did; not the key that signs.
    func retire(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool
}

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

/// The audit trail. It is written together with what it records, and its lines are never changed.
public protocol AuditStore: Sendable {
    /// A page of it, the newest first.
    ///
    /// - Parameter number: of the last record of the page before; `nil` for the first page.
    func audit(before number: Int?, limit: Int) async throws(StoreError) -> [AuditRecord]

    /// Deletes the lines from before an instant, as ``AuthStore/prune(at:)`` deletes tokens.
    func forgetAudit(before moment: Date) async throws(StoreError)
}
