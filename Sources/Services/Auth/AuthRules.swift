/// What settings say about auth's own conduct.
public struct AuthRules: Sendable {
    /// What a guest may do; where it is empty, there are no guests.
    public var guestPermissions: Set<String> = []
    /// For how long a refresh token is good.
    public var refreshLifetime = Duration.seconds(1_209_600)
    /// How many wrong passwords in a row lock a user.
    public var lockAfter = 100
    /// How many times a minute one user may ask for tokens or for another password, each by itself, from one address; from all
    /// of them, six times as many. 0 for no limit.
    public var perAccount = 5
    /// How many times a minute all that may be asked for from one address; 0 for no limit.
    public var perAddress = 20
    /// How the world reaches auth, without a last slash.
    public var url = "http://127.0.0.1:5040"

    public init() {}
}
