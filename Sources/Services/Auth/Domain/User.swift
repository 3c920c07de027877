import Contracts
public import Foundation

/// Somebody who may ask for tokens with a password.
public struct User: Sendable, Equatable {
    /// The `sub` of the user's tokens. It is never another's, also after the user was removed.
    public let id: String
    /// No other user's, as long as there is this one. ``UserRules`` has its form.
    public let name: String
    /// A PHC string. No answer and no log holds it.
    public var passwordHash: String
    /// The permissions of the user without any role.
    public var permissions: Set<String>
    /// The names of ``Role``s, which permit more.
    public var roles: Set<String>
    /// True if no password is right until an administrator unlocks the user.
    public var isLocked: Bool
    /// Wrong passwords since the last right one.
    public var failedAttempts: Int
    public let created: Date
    /// The time at which password, permissions, roles or lock were last changed.
    public var changed: Date

    /// - Parameter id: by default a new one.
    public init(
        id: String = UUID().uuidString.lowercased(), name: String, passwordHash: String, permissions: Set<String> = [],
        roles: Set<String> = [],
        isLocked: Bool = false, failedAttempts: Int = 0, created: Date, changed: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.passwordHash = passwordHash
        self.permissions = permissions
        self.roles = roles
        self.isLocked = isLocked
        self.failedAttempts = failedAttempts
        self.created = created
        self.changed = changed ?? created
    }
}

/// The secret of an account that is not locked: a user's password or a client's secret, as it is compared.
public struct StoredSecret: Sendable, Equatable {
    /// The account's ``User/id``.
    public let subject: String
    public let hash: String

    public init(subject: String, hash: String) {
        self.subject = subject
        self.hash = hash
    }
}

/// Permissions under one name, to be given to users together.
public struct Role: Sendable, Hashable {
    public let name: String
    public var permissions: Set<String>

    public init(name: String, permissions: Set<String>) {
        self.name = name
        self.permissions = permissions
    }

    /// The role of the first user. A start of auth gives it every permission that a contract of the family names.
    public static let administrator = "administrator"
}

extension User {
    /// True if nothing is different but the time of the last change.
    package func isSame(as other: User) -> Bool {
        var one = self
        one.changed = other.changed
        return one == other
    }

    /// The permissions of the user's next token.
    ///
    /// - Parameter roles: all there are.
    public func effectivePermissions(_ roles: [Role]) -> Set<String> {
        roles.filter { self.roles.contains($0.name) }.reduce(permissions) { $0.union($1.permissions) }
    }

    /// True if the user can mend what is wrong with others: it may change users, and is not locked.
    public func isAdministrator(_ roles: [Role]) -> Bool {
        !isLocked && effectivePermissions(roles).contains(Administration.permission)
    }
}

/// The permissions of an administrator.
public enum Administration {
    /// The permission to change users.
    public static let permission = AuthContract.Permission.users
}
