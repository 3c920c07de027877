package import Foundation
import JOSE

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
    /// - Returns: true if there is such a user.
    func forgetFailures(of name: String, passwordHash: String, rehashed: String?) throws -> Bool
    func delete(user name: String) throws
    /// The number of users that may change users.
    ///
    /// - Parameter orLocked: true if those count who are locked.
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
    func record(_ use: StoredRefreshToken.Use, of hash: String) throws
    /// Ends what a change of a user ends.
    func end(_ ending: SessionInvalidation, of user: String, at moment: Date) throws
    func end(family: String, at moment: Date) throws

    /// All keys, the oldest first.
    func keys() throws -> [StoredKey]
    /// Adds keys or replaces those of their names, with a line of the audit trail; together that is one change.
    func write(_ keys: [StoredKey], _ entry: AuditEntry) throws

    /// - Returns: true if the token was not revoked before.
    func revoke(_ token: TokenReference) throws -> Bool

    /// Deletes some of the refresh tokens, families and revocations that have no effect any more at an instant.
    ///
    /// - Parameter limit: how many of each kind at most.
    /// - Returns: how many of the most frequent kind; fewer than `limit` if these were all.
    func forget(endedBy moment: Date, limit: Int) throws -> Int

    func record(_ entry: AuditEntry) throws

    /// Deletes those of the `limit` oldest lines of the audit trail that are from before an instant.
    ///
    /// - Returns: how many.
    func forgetAudit(before moment: Date, limit: Int) throws -> Int
}

// What `KeyStore` says its methods do.
extension StoreTransaction {
    package func begin(with key: StoredKey, _ entry: AuditEntry) throws -> Bool {
        guard try keys().isEmpty, let key = key.moved(to: .signing, at: entry.at) else { return false }
        try write([key], entry)
        return true
    }

    package func announce(_ key: StoredKey, _ entry: AuditEntry) throws -> Bool {
        let keys = try keys()
        guard !keys.contains(where: { $0.kid == key.kid }) else { return false }
        guard keys.count(where: { $0.state != .retired }) < JWKSet.limit else { return false }
        try write([key], entry)
        return true
    }

    package func promote(_ kid: String, _ entry: AuditEntry) throws -> Bool {
        let keys = try keys()
        guard let next = keys.first(where: { $0.kid == kid })?.moved(to: .signing, at: entry.at) else { return false }
        // The one that signs goes first: there is never a second.
        try write(keys.compactMap { $0.moved(to: .retiring, at: entry.at) } + [next], entry)
        return true
    }

    package func retire(_ kid: String, _ entry: AuditEntry) throws -> Bool {
        let key = try keys().first { $0.kid == kid }?.moved(to: .retired, at: entry.at)
        guard let key else { return false }
        try write([key], entry)
        return true
    }
}

// What `SessionStore` says its methods do.
extension StoreTransaction {
    package func open(_ token: RefreshToken, passwordHash: String, rehashed: String?) throws -> Set<String>? {
        guard try forgetFailures(of: token.user, passwordHash: passwordHash, rehashed: rehashed) else { return nil }
        try insert(familyOf: token)
        try insert(token)
        return try permissions(of: token.user)
    }

    package func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) throws -> Rotation {
        guard let found = try refreshToken(hash) else { return .unknown }
        guard !found.isEnded else { return .ended }
        if let use = found.use {
            if let successor = try successor(use, retryable: time, at: next.issued) {
                let permissions = try permissions(of: successor.user)
                return .repeated(successor, sealed: use.sealed, permissions: permissions)
            }
            try end(family: found.token.family, at: next.issued)
            try record(.reuse(of: found.token, from: origin, at: next.issued))
            return .reused
        }
        guard found.token.expires > next.issued else { return .expired }
        try record(StoredRefreshToken.Use(at: next.issued, successor: next.hash, sealed: sealed), of: hash)
        try insert(next)
        return .rotated(permissions: try permissions(of: found.token.user))
    }

    /// The token that one was used for, if it may be handed out once more.
    private func successor(
        _ use: StoredRefreshToken.Use, retryable time: Duration, at moment: Date
    ) throws -> RefreshToken? {
        guard use.moment.addingTimeInterval(time / .seconds(1)) > moment,
            let successor = try refreshToken(use.successor), !successor.isUsed
        else { return nil }
        return successor.token
    }

    package func endSession(_ hash: String, _ entry: AuditEntry) throws -> Bool {
        guard let found = try refreshToken(hash), !found.isEnded else { return false }
        try end(family: found.token.family, at: entry.at)
        try record(entry)
        return true
    }
}

// What `UserStore` says its methods do. A refusal is thrown, and undoes the transaction.
extension StoreTransaction {
    package func add(_ user: User, by authority: Authority, _ entry: AuditEntry) throws -> User {
        let held = try held(by: authority)
        guard try self.user(named: user.name) == nil else { throw StoreRejection.nameTaken }
        if let refusal = user.refusal(held: held, try roles()) { throw refusal }
        try insert(user)
        try record(entry.about(user))
        return user
    }

    package func addFirstAdministrator(_ user: User, _ role: Role, _ entry: AuditEntry) throws -> Bool {
        guard try self.user(named: user.name) == nil, try administrators(orLocked: true) == 0 else { return false }
        try set(role)
        try insert(user)
        try record(entry.about(user))
        return true
    }

    package func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) throws -> User {
        let held = try held(by: authority)
        return try keepingAdministrator { try apply(change, to: name, held: held, entry) }
    }

    package func remove(_ name: String, by authority: Authority, _ entry: AuditEntry) throws -> User {
        _ = try held(by: authority)
        return try keepingAdministrator {
            guard let user = try user(named: name) else { throw StoreRejection.noSuchUser }
            try end(.sessions, of: name, at: entry.at)
            try delete(user: name)
            try record(entry.about(user))
            return user
        }
    }

    package func recordFailure(of name: String, limit: Int, from origin: String?, at moment: Date) throws -> Int {
        guard let user = try user(named: name) else { return 0 }
        try recordFailure(of: name)
        let failures = user.failedAttempts + 1
        if failures >= limit { try record(.guesses(at: name, failures, from: origin, at: moment)) }
        return failures
    }

    package func set(_ role: Role, _ entry: AuditEntry) throws -> Role {
        guard try !roles().contains(role) else { return role }
        return try endingLessened(of: role.name, at: entry.at) {
            try set(role)
            try record(entry)
            return role
        }
    }

    package func removeRole(_ name: String, _ entry: AuditEntry) throws -> Role {
        try endingLessened(of: name, at: entry.at) {
            guard let role = try roles().first(where: { $0.name == name }) else {
                throw StoreRejection.noSuchRole(name)
            }
            try delete(role: name)
            try record(entry)
            return role
        }
    }

    /// The permissions that may be granted; `nil` for any.
    private func held(by authority: Authority) throws -> Set<String>? {
        guard case .administrator(let name) = authority else { return nil }
        let held = try permissions(of: name)
        guard held.contains(Administration.permission) else { throw StoreRejection.notAdministrator }
        return held
    }

    private func apply(
        _ change: UserChange, to name: String, held: Set<String>?, _ entry: AuditEntry
    ) throws -> User {
        guard let user = try user(named: name) else { throw StoreRejection.noSuchUser }
        let (changed, ending) = try change.applied(to: user, held: held, roles: try roles(), at: entry.at).get()
        guard !changed.isSame(as: user) else { return user }
        try update(changed)
        if changed.permissions != user.permissions || changed.roles != user.roles { try setAccess(of: changed) }
        try end(ending, of: name, at: entry.at)
        try record(entry)
        return changed
    }

    /// Refuses an edit that would leave no administrator if there was one.
    private func keepingAdministrator<Value>(_ edit: () throws -> Value) throws -> Value {
        let before = try administrators(orLocked: false)
        let value = try edit()
        if before > 0, try administrators(orLocked: false) == 0 { throw StoreRejection.lastAdministrator }
        return value
    }

    /// Revokes the tokens of those who may do less after an edit of a role.
    private func endingLessened<Value>(of role: String, at moment: Date, _ edit: () throws -> Value) throws -> Value {
        try keepingAdministrator {
            let before = try roles()
            let holders = try holders(of: role)
            let value = try edit()
            let after = try roles()
            for user in holders {
                guard user.fitsToken(after) else { throw StoreRejection.tooMuch }
                let less = user.effectivePermissions(before).subtracting(user.effectivePermissions(after))
                if !less.isEmpty { try end(.accessTokens, of: user.name, at: moment) }
            }
            return value
        }
    }
}
