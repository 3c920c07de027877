public import Endpoints
public import Foundation
import JOSE
import Synchronization

/// Makes access tokens. Only the process that holds a private key has one.
///
/// A token is a JWT (RFC 7519), signed with Ed25519 (RFC 8037), in the shape of RFC 9068.
public final class TokenIssuer: Sendable {
    /// The name that tokens carry in `iss` and that verifiers expect.
    public let issuer: String
    /// The name that tokens carry in `aud`: that of the family of services which accept them.
    public let audience: String
    /// The lifetime of a token. Verifiers cannot learn earlier that it is not valid.
    public let lifetime: Duration

    private let client: String
    private let key: Mutex<SigningKey?>
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - key: what tokens are signed with; `nil` if that is said later, by ``sign(with:)``.
    ///   - issuer: goes into `iss`.
    ///   - audience: goes into `aud`.
    ///   - lifetime: in whole seconds; a fraction is cut off.
    ///   - client: goes into `client_id` of tokens that no OAuth client has asked for, which RFC 9068 requires; the issuer's
    ///     name by default.
    ///   - now: the wall clock.
    public init(
        key: SigningKey?, issuer: String, audience: String, lifetime: Duration = .seconds(300),
        client: String? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.key = Mutex(key)
        self.issuer = issuer
        self.audience = audience
        self.lifetime = lifetime
        self.client = client ?? issuer
        self.now = now
    }

    /// Signs with another key from now on. Publish it before tokens show it; see ``JWKSet``.
    public func sign(with key: SigningKey) {
        self.key.withLock { $0 = key }
    }

    /// The name and the times of a token that is to be made now.
    public func stamp() -> TokenIdentity {
        let issued = Int(now().timeIntervalSince1970.rounded(.down))
        return TokenIdentity(
            id: Self.randomID(), issued: issued, expiry: issued + Int(lifetime.components.seconds))
    }

    /// The name and the times of a token that was made before, to make it once more.
    public func stamp(id: String, expires: Date) -> TokenIdentity {
        let expiry = Int(expires.timeIntervalSince1970)
        return TokenIdentity(id: id, issued: expiry - Int(lifetime.components.seconds), expiry: expiry)
    }

    /// Signs a token for a subject.
    ///
    /// - Parameters:
    ///   - subject: the id of its owner (`sub`), which is never another's; not empty.
    ///   - username: the owner's name (`preferred_username`), if that is not the subject.
    ///   - permissions: what it permits. They travel sorted, so that equal sets make equal claims.
    ///   - client: the OAuth client that has asked for it (`client_id`); by default the issuer's.
    ///   - stamp: used for this token alone; by default a new one.
    /// - Returns: the token, its id and its end.
    /// - Throws: ``Problem/Kind/invalid`` if the subject is empty, or the token would be longer than
    ///   ``AccessTokenVerifier/maxTokenLength`` and so be refused everywhere; ``Problem/Kind/unavailable`` before there is a
    ///   key.
    public func issue(
        subject: String, username: String? = nil, permissions: Set<String>, client: String? = nil,
        stamp: TokenIdentity? = nil
    ) throws(Problem) -> AccessToken {
        guard !subject.isEmpty else { throw Problem(.invalid, "A token needs a subject.") }
        let stamp = stamp ?? self.stamp()
        let claims = TokenClaims(
            iss: issuer, sub: subject, aud: audience, exp: stamp.expiry, iat: stamp.issued, jti: stamp.id,
            client: client ?? self.client, username: username, permissions: permissions.sorted())
        guard let key = key.withLock({ $0 }) else {
            throw Problem(
                .unavailable, "There is no key to sign with yet.", retryAfter: .seconds(1), isUnprocessed: true)
        }
        guard let token = try? JWSCompact.write(JWSHeader(kid: key.kid), claims, sign: key.signature) else {
            throw Problem(.internal, "The token could not be signed.")
        }
        guard token.utf8.count <= AccessTokenVerifier.maxTokenLength else {
            let sizes = "\(token.utf8.count) bytes; \(AccessTokenVerifier.maxTokenLength) are allowed"
            throw Problem(.invalid, "Subject and permissions make a token of \(sizes).")
        }
        return AccessToken(token: token, id: stamp.id, expires: stamp.expires)
    }

    /// 128 random bits.
    private static func randomID() -> String {
        Base64URL.encode(randomBytes(16))
    }
}

/// The identity of a token, settled before it is known what the token permits: so that what must be remembered
/// of it can be written down together with that.
public struct TokenIdentity: Sendable, Hashable {
    /// The token's own name (`jti`).
    public let id: String
    /// `iat` and `exp`, in seconds since 1970.
    let issued: Int
    let expiry: Int

    /// The expiry of the token.
    public var expires: Date { Date(timeIntervalSince1970: TimeInterval(expiry)) }
}

/// A token that has been made, and what its maker may want to remember of it.
public struct AccessToken: Sendable, Hashable {
    /// The token itself: whoever has it, is its subject until it ends.
    public let token: String
    /// The token's own name (`jti`).
    public let id: String
    /// The expiry of the token (`exp`).
    public let expires: Date
}
