public import Endpoints
public import JOSE

/// Changes that a verifier may not know yet: the keys that are valid, and the tokens that no longer are.
///
/// The issuer returns it to a request, and publishes it.
public struct TrustUpdates: Payload, Equatable {
    /// No answer lists more revoked tokens than this; what is left is to be asked for again.
    public static let page = 1000

    public static let schema = Schema.object(
        .required(
            "epoch", .string(length: 1...64, example: "k3vJ8Q"),
            "The id of the stream of changes. If it differs from the last response, discard all cached state."),
        .required(
            "since", .integer(0...limit, example: 41),
            "The number of the change that this page starts after; 0 means a full snapshot."),
        .required("sequence", .integer(0...limit, example: 42), "The number of the last change in this page."),
        .required(
            "latest", .integer(0...limit, example: 42),
            "The number of the last change; if it is greater than `sequence`, request the next page."),
        .required("jwks", .payload(JWKSet.self), "All valid keys."),
        .required("revoked", .array(of: .payload(RevokedToken.self), count: 0...page), "The revoked tokens."))

    /// The largest number that every JSON reader understands.
    private static let limit = 9_007_199_254_740_991

    public let epoch: String
    public let since: Int
    public let sequence: Int
    public let latest: Int
    public let jwks: JWKSet
    public let revoked: [RevokedToken]

    /// Each parameter is the field of its name.
    public init(
        epoch: String, since: Int, sequence: Int, latest: Int, jwks: JWKSet, revoked: [RevokedToken]
    ) {
        self.epoch = epoch
        self.since = since
        self.sequence = sequence
        self.latest = latest
        self.jwks = jwks
        self.revoked = revoked
    }

    /// True if there is more to ask for.
    public var hasMore: Bool { sequence < latest }
}

/// A token that was revoked before its end.
public struct RevokedToken: Payload, Hashable {
    public static let schema = Schema.object(
        .required("jti", .string(length: 1...128, example: "9mJ2VYQ3bnTtqYV0aQ0J3w"), "The token's id."),
        .required(
            "exp", .integer(0...253_402_300_799, example: 1_800_000_300),
            "The time at which the token expires, in seconds since 1970."))

    public let jti: String
    public let exp: Int

    public init(jti: String, exp: Int) {
        self.jti = jti
        self.exp = exp
    }
}
