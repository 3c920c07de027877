package import Foundation

/// The authority by which users are changed.
public enum Authority: Sendable, Hashable {
    /// Auth itself, and whoever can read its store: anything.
    case system
    /// A user, who holds ``Administration/permission`` at the time of the change, and grants no more than it holds
    /// then.
    case administrator(String)
}

/// A change of one user, judged and written by a store in one transaction.
public enum UserChange: Sendable, Equatable {
    /// A new password, as a PHC string.
    ///
    /// Given `replacing`, it takes the place of that hash only: so a password is changed by who has shown the old one,
    /// and not undone by who has shown one that was changed meanwhile.
    case password(hash: String, replacing: String?)
    /// Other permissions and roles, in place of all that the user has; roles may be left as they are (`nil`).
    case access(permissions: Set<String>, roles: Set<String>?)
    /// Permissions and roles beside those that the user has.
    case grant(permissions: Set<String>, roles: Set<String>)
    /// Permissions and roles less.
    case withdrawal(permissions: Set<String>, roles: Set<String>)
    case lock
    case unlock
}

/// The reason why a store leaves everything as it is. Nothing is wrong with the store.
public enum StoreRejection: Error, Sendable, Hashable {
    case noSuchUser
    case nameTaken
    case noSuchRole(String)
    /// The caller may not change users, or no longer may.
    case notAdministrator
    /// No user would be left who may change users.
    case lastAdministrator
    /// The administrator does not hold these permissions, and so cannot grant them.
    case notHeld(Set<String>)
    /// No token could name all that the user would be permitted: see ``User/maxScope``.
    case tooMuch
    /// Another password was set meanwhile.
    case passwordChanged

    /// The reason for whoever calls over a wire.
    package var sentence: String {
        switch self {
        case .noSuchUser: "There is no such user."
        case .nameTaken: "There is a user of this name."
        case .noSuchRole(let role): "There is no role “\(role)”."
        case .notAdministrator: "Who calls may not change users."
        case .lastAdministrator: "No administrator would be left."
        case .notHeld(let permissions):
            "You cannot grant permissions you do not hold: \(permissions.sorted().joined(separator: ", "))."
        case .tooMuch: "The names of all that one user is permitted may have \(User.maxScope) bytes together."
        case .passwordChanged: "Another password has been set meanwhile."
        }
    }
}

/// The sessions and tokens that a change of a user ends, in the same transaction.
package enum SessionInvalidation: Sendable {
    case nothing
    /// The access tokens that are out are revoked, so that the next ones say what holds now.
    case accessTokens
    /// Access tokens are revoked, and no refresh token is good for another one.
    case sessions
}

extension UserChange {
    /// The user after the change. The stores share it, so that they judge alike; only they know whether an
    /// administrator is left.
    ///
    /// - Parameters:
    ///   - held: what whoever wants the change holds; `nil` if anything may be granted.
    ///   - roles: all there are, read in the same transaction.
    package func applied(
        to user: User, held: Set<String>?, roles: [Role], at moment: Date
    ) -> Result<(user: User, ending: SessionInvalidation), StoreRejection> {
        var changed = user
        changed.changed = moment
        switch self {
        case .password(let hash, let replaced):
            guard replaced == nil || replaced == user.passwordHash else { return .failure(.passwordChanged) }
            changed.passwordHash = hash
            changed.failedAttempts = 0
            return .success((changed, .sessions))
        case .access(let permissions, let roleNames):
            (changed.permissions, changed.roles) = (permissions, roleNames ?? user.roles)
            return changed.checked(after: user, held: held, roles)
        case .grant(let permissions, let roleNames):
            changed.permissions.formUnion(permissions)
            changed.roles.formUnion(roleNames)
            return changed.checked(after: user, held: held, roles)
        case .withdrawal(let permissions, let roleNames):
            changed.permissions.subtract(permissions)
            changed.roles.subtract(roleNames)
            return changed.checked(after: user, held: held, roles)
        case .lock:
            changed.isLocked = true
            return .success((changed, .sessions))
        case .unlock:
            (changed.isLocked, changed.failedAttempts) = (false, 0)
            return .success((changed, .nothing))
        }
    }
}

extension User {
    /// The greatest length of the names of all that a user is permitted together, in bytes, with one between each. With
    /// more, a token might be longer than verifiers read.
    public static let maxScope = 2048

    fileprivate func checked(
        after user: User, held: Set<String>?, _ roles: [Role]
    ) -> Result<(user: User, ending: SessionInvalidation), StoreRejection> {
        let before = user.effectivePermissions(roles)
        if let refusal = refusal(granting: before, held: held, roles) { return .failure(refusal) }
        let isLess = !effectivePermissions(roles).isSuperset(of: before)
        return .success((self, isLess ? .accessTokens : .nothing))
    }

    /// True if a token can name all that the user is permitted.
    package func fitsToken(_ all: [Role]) -> Bool {
        effectivePermissions(all).reduce(-1) { $0 + $1.utf8.count + 1 } <= Self.maxScope
    }

    /// The reason why the user cannot have these permissions and roles.
    ///
    /// - Parameters:
    ///   - before: what the user was permitted already, which is not granted anew.
    ///   - held: what whoever grants holds; `nil` if anything may be granted.
    package func refusal(granting before: Set<String> = [], held: Set<String>?, _ all: [Role]) -> StoreRejection? {
        if let unknown = roles.subtracting(all.map(\.name)).min() { return .noSuchRole(unknown) }
        guard fitsToken(all) else { return .tooMuch }
        guard let held else { return nil }
        let missing = effectivePermissions(all).subtracting(before).subtracting(held)
        return missing.isEmpty ? nil : .notHeld(missing)
    }
}
