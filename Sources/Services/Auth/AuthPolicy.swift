/// The settings of auth's own conduct.
public struct AuthPolicy: Sendable {
    /// The permissions of a guest; if there are none, there are no guests.
    public var guestPermissions: Set<String> = []
    /// For how long a refresh token is good.
    public var refreshLifetime = Duration.seconds(1_209_600)
    /// For how long the refresh token used last gets its successor once more, for those who have not received the
    /// answer.
    public var refreshRetry = Duration.seconds(10)
    /// After how many wrong passwords in a row those who guess are kept out.
    public var lockAfter = 100
    /// The time for which they are refused.
    public var lockPeriod = Duration.seconds(900)
    /// The number of times a minute that one user may ask for tokens or for another password, each by itself, from one
    /// address; from all of them, six times as many. 0 for no limit.
    public var perAccount = 5
    /// The number of times a minute that all of it may be asked for from one address; 0 for no limit.
    public var perAddress = 20
    /// True if OAuth's token endpoint takes users' passwords (RFC 6749, section 4.3).
    public var allowsPasswordGrant = true
    /// All permissions that there are, for the metadata.
    public var scopes: Set<String> = []
    /// The URL by which clients reach auth, without a last slash; `nil` if a trusted proxy may name it.
    public var publicURL: String?
    /// The URL at which auth listens, without a last slash, for clients of which nothing else is known.
    public var listeningURL = "http://127.0.0.1:5040"

    public init() {}
}
