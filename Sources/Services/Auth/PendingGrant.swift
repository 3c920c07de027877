import Contracts
import Foundation
import Tokens

/// Tokens that are good by now.
struct Issued {
    let access: AccessToken
    let permissions: Set<String>
    let secret: OpaqueToken
    let refresh: RefreshToken

    var grant: TokenGrant {
        TokenGrant(
            token: access.token, expiresIn: access.expires.secondsLeft, refreshToken: secret.text,
            refreshExpiresIn: refresh.expires.secondsLeft)
    }
}

/// Tokens to be handed out once the store knows of them.
struct PendingGrant {
    let subject: String
    let access: TokenIdentity
    let secret: OpaqueToken
    let refresh: RefreshToken

    init(subject: String, access: TokenIdentity, secret: OpaqueToken, refresh: RefreshToken) {
        (self.subject, self.access, self.secret, self.refresh) = (subject, access, secret, refresh)
    }

    /// Tokens that were handed out before, to be handed out once more.
    init(_ refresh: RefreshToken, subject: String, secret: OpaqueToken, _ issuer: TokenIssuer) {
        let access = issuer.stamp(id: refresh.access.id, expires: refresh.access.expires)
        self.init(subject: subject, access: access, secret: secret, refresh: refresh)
    }
}
