public import Foundation

/// A line of the audit trail: who has done what to whom, when and from where. It holds no secret.
public struct AuditEntry: Sendable, Equatable {
    public enum AuditAction: String, Sendable, CaseIterable {
        case userAdded = "user_added"
        case passwordChanged = "password_changed"
        case accessChanged = "access_changed"
        case userLocked = "user_locked"
        case userUnlocked = "user_unlocked"
        case userRemoved = "user_removed"
        case clientAdded = "client_added"
        case clientSecretChanged = "client_secret_changed"
        case clientRemoved = "client_removed"
        case roleSet = "role_set"
        case roleRemoved = "role_removed"
        case passwordGuessed = "password_guessed"
        case sessionEnded = "session_ended"
        case refreshTokenReused = "refresh_token_reused"
        case tokenRevoked = "token_revoked"
        case keyAnnounced = "key_announced"
        case keyPromoted = "key_promoted"
        case keyRetired = "key_retired"
    }

    /// The actor of what happens by itself. No user has this name.
    public static let itself = "auth"

    public let at: Date
    /// A user's name; `shell:NAME` for who uses the command line; ``itself``.
    public let actor: String
    public let action: AuditAction
    /// The user, role, token or key it is about.
    public let target: String
    /// A few words more; may be empty.
    public let detail: String
    /// The address that it came from, if that is known.
    public let origin: String?

    public init(
        _ action: AuditAction, of target: String, by actor: String, detail: String = "", from origin: String? = nil,
        at: Date
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.target = target
        self.detail = detail
        self.origin = origin
    }
}

extension AuditEntry {
    /// The entry with the id of the account that it is about: another one may have its name later.
    package func about(_ user: User) -> AuditEntry {
        let words = ["id: \(user.id)", detail].filter { !$0.isEmpty }
        return AuditEntry(
            action, of: target, by: actor, detail: words.joined(separator: "; "), from: origin, at: at)
    }
}

// What happens by itself, in whatever store.
extension AuditEntry {
    package static func guesses(
        at user: String, _ failures: Int, from origin: String?, at moment: Date
    ) -> AuditEntry {
        let detail = "\(failures) wrong passwords in a row; who guesses is kept out for a while"
        return AuditEntry(.passwordGuessed, of: user, by: itself, detail: detail, from: origin, at: moment)
    }

    package static func reuse(of token: RefreshToken, from origin: String?, at moment: Date) -> AuditEntry {
        AuditEntry(
            .refreshTokenReused, of: token.user, by: itself, detail: "a refresh token was used twice; its family ends",
            from: origin, at: moment)
    }
}

/// A line of the audit trail with its number.
public struct AuditRecord: Sendable, Equatable {
    /// Greater than that of every earlier line.
    public let number: Int
    public let entry: AuditEntry

    public init(number: Int, entry: AuditEntry) {
        self.number = number
        self.entry = entry
    }
}
