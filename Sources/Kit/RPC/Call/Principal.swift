public import Endpoints
public import Foundation

/// The caller of a verified token.
public struct Principal: Sendable, Hashable {
    /// The id of the token's owner (`sub`), which is never another's: the key for what is kept by user.
    public let subject: String
    /// The owner's name (`preferred_username`), for people: once it is removed, somebody else may have it. The subject
    /// if the token has none.
    public let username: String
    /// The permissions of the token.
    public let permissions: Set<String>
    /// The token's own name (`jti`).
    public let tokenID: String
    /// The expiry of the token.
    public let expires: Date

    public init(
        subject: String, username: String? = nil, permissions: Set<String>, tokenID: String, expires: Date
    ) {
        self.subject = subject
        self.username = username ?? subject
        self.permissions = permissions
        self.tokenID = tokenID
        self.expires = expires
    }
}

/// Accepts no token: the verifier of a service whose endpoints are all open.
public struct NoTokens: TokenVerifier {
    public init() {}

    public func verify(_ token: String) async throws(Problem) -> Principal {
        throw Problem(.tokenInvalid, "The token is not valid.")
    }
}

/// Says who shows a token. The dispatcher asks it for each call to an endpoint that is not open.
public protocol TokenVerifier: Sendable {
    /// True if it has the keys it needs. A service whose verifier is not ready says that it is not ready either.
    var isReady: Bool { get }

    /// - Throws: ``Problem`` of status 401 where the token is not valid, of 503 where it cannot be told yet.
    func verify(_ token: String) async throws(Problem) -> Principal

    /// Asks whoever has issued the call's token, which has been verified, whether it holds a permission at this moment.
    ///
    /// It returns by the call's deadline.
    ///
    /// - Throws: ``Problem`` of status 401 where the token is not valid any more, of 403 where it does not hold the
    ///   permission any more, of 503 or 504 where there is no answer.
    func confirm(_ permission: String, _ context: CallContext) async throws(Problem)
}

extension TokenVerifier {
    /// A verifier that needs no keys is always ready.
    public var isReady: Bool { true }

    /// A verifier that has nobody to ask confirms nothing.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        throw Problem(.unavailable, "Token introspection is not configured.", isUnprocessed: true)
    }
}
