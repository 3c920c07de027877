public import Foundation

/// An access token by its name, when what it says does not matter: to revoke it.
public struct TokenReference: Sendable, Hashable {
    /// `jti`.
    public let id: String
    /// `exp`. Verifiers let a token live on for the leeway of clocks.
    public let expires: Date

    public init(id: String, expires: Date) {
        self.id = id
        self.expires = expires
    }

    /// For how many seconds after its end a token may be accepted somewhere, because clocks differ; and some to spare.
    private static let leeway: TimeInterval = 60

    /// True if the token may still be accepted somewhere, so that its revocation has a meaning.
    package func isAccepted(at moment: Date) -> Bool { expires.addingTimeInterval(Self.leeway) > moment }

    /// The end of the tokens that are accepted nowhere any more at an instant.
    package static func forgotten(at moment: Date) -> Date { moment.addingTimeInterval(-leeway) }
}

/// A refresh token as a store knows it: by its hash, so that who reads the store cannot use it.
///
/// The tokens that come of one password are a family: each is used once, for the next. A family whose token is used
/// twice is in two hands, and ends. A client that has not received the next one may ask again for a short time.
public struct RefreshToken: Sendable, Hashable {
    /// SHA-256 of the token, base64url.
    public let hash: String
    /// The family's name; the hash of its first token.
    public let family: String
    /// The user's name.
    public let user: String
    public let issued: Date
    public let expires: Date
    /// The access token that was handed out with it, and ends with the family.
    public let access: TokenReference
    /// The OAuth client that the family belongs to, which alone may use it; `nil` if anybody may.
    public let client: String?
    /// The most that the family's access tokens permit; `nil` for all that the user may do.
    public let scope: Set<String>?

    public init(
        hash: String, family: String, user: String, issued: Date, expires: Date, access: TokenReference,
        client: String? = nil, scope: Set<String>? = nil
    ) {
        self.hash = hash
        self.family = family
        self.user = user
        self.issued = issued
        self.expires = expires
        self.access = access
        self.client = client
        self.scope = scope
    }

    /// The scope as a text, in order.
    package var scopeText: String? { scope?.sorted().joined(separator: " ") }

    /// Reads what ``scopeText`` writes.
    package static func scope(text: String?) -> Set<String>? {
        text.map { Set($0.split(separator: " ").map(String.init)) }
    }
}

/// A refresh token and what has become of it.
public struct StoredRefreshToken: Sendable, Equatable {
    /// The exchange of a token for the next one.
    public struct Use: Sendable, Equatable {
        public let moment: Date
        /// The hash of the next one.
        public let successor: String
        /// The next one, which only who shows the used one can read.
        public let sealed: String

        public init(at moment: Date, successor: String, sealed: String) {
            self.moment = moment
            self.successor = successor
            self.sealed = sealed
        }

        /// Of a token that was used before anybody could ask again.
        package static let unknown = Use(at: .distantPast, successor: "", sealed: "")
    }

    public let token: RefreshToken
    /// The ``User/id`` of its user.
    public let subject: String
    /// `nil` if it was not used.
    public let use: Use?
    /// True if its family has ended.
    public let isEnded: Bool

    public init(token: RefreshToken, subject: String, use: Use?, isEnded: Bool) {
        self.token = token
        self.subject = subject
        self.use = use
        self.isEnded = isEnded
    }

    /// True if it was used for the next one.
    public var isUsed: Bool { use != nil }
}

/// The result of an attempt to use a refresh token.
public enum Rotation: Sendable, Hashable {
    /// It is used now, and the next one is good. The access token that goes with that may permit this much: whatever is
    /// taken from the user later, revokes it.
    case rotated(permissions: Set<String>)
    /// It was used shortly before, for this token, which was not used yet: the answer may have been lost. All is as it
    /// was.
    case repeated(RefreshToken, sealed: String, permissions: Set<String>)
    case unknown
    case expired
    /// Its family had ended before: by a revocation, a lock, another password.
    case ended
    /// It had been used before. Its family has ended with this, and the family's access tokens are revoked.
    case reused
}
