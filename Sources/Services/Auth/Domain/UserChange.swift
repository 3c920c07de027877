package import Foundation

/// A change of one user, judged and written by a store in one transaction.
public enum UserChange: Sendable, Equatable {
    /// A new password, as a PHC string.
    ///
    /// Given `replacing`, it takes the place of that hash only: so a password is changed by who has shown the old one, and
    /// not undone by who has shown one that was changed meanwhile.
    case password(hash: String, replacing: String?)
    /// Other permissions and roles, in place of all that the user has; roles may be left as they are (`nil`).
    ///
    /// - `held`: what whoever grants holds; more than that is refused. `nil` from the shell, which may grant anything.
    case access(permissions: Set<String>, roles: Set<String>?, held: Set<String>?)
    case lock
    case unlock
}

/// Why a store leaves everything as it is. Nothing is wrong with the store.
public enum Refusal: Error, Sendable, Hashable {
    case noSuchUser
    case nameTaken
    case noSuchRole(String)
    /// Nobody would be left who may change users.
    case lastAdministrator
    /// Nobody grants what they do not hold; here, these.
    case notHeld(Set<String>)
    /// Another password was set meanwhile.
    case passwordChanged
}

/// What a change of a user ends, in the same transaction.
package enum Ending: Sendable {
    case nothing
    /// The access tokens that are out are revoked, so that the next ones say what holds now.
    case accessTokens
    /// Access tokens are revoked, and no refresh token is good for another one.
    case sessions
}

extension UserChange {
    /// The user after the change. The stores share it, so that they judge alike; whether an administrator is left only they
    /// can tell.
    ///
    /// - Parameter roles: all there are, read in the same transaction.
    package func applied(
        to user: User, roles: [Role], at moment: Date
    ) -> Result<(user: User, ending: Ending), Refusal> {
        var changed = user
        changed.changed = moment
        switch self {
        case .password(let hash, let replaced):
            guard replaced == nil || replaced == user.passwordHash else { return .failure(.passwordChanged) }
            changed.passwordHash = hash
            changed.failedAttempts = 0
            return .success((changed, .sessions))
        case .access(let permissions, let roleNames, let held):
            (changed.permissions, changed.roles) = (permissions, roleNames ?? user.roles)
            let before = user.effectivePermissions(roles)
            if let refusal = changed.refusal(granting: before, held: held, roles) { return .failure(refusal) }
            let isLess = !changed.effectivePermissions(roles).isSuperset(of: before)
            return .success((changed, isLess ? .accessTokens : .nothing))
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
    /// Why the user cannot have these permissions and roles.
    ///
    /// - Parameters:
    ///   - before: what the user was permitted already, which nobody grants.
    ///   - held: what whoever grants holds; `nil` where anything may be granted.
    package func refusal(granting before: Set<String> = [], held: Set<String>?, _ all: [Role]) -> Refusal? {
        if let unknown = roles.subtracting(all.map(\.name)).min() { return .noSuchRole(unknown) }
        guard let held else { return nil }
        let missing = effectivePermissions(all).subtracting(before).subtracting(held)
        return missing.isEmpty ? nil : .notHeld(missing)
    }
}
