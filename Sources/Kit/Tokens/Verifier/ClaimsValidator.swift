import Endpoints
import Foundation
import RPC

/// The rules for a token's claims, once its signature is verified (RFC 7519, section 4.1; RFC 9068, section 4).
struct ClaimsValidator: Sendable {
    /// Seconds by which the clocks of two machines may differ.
    static let leeway: TimeInterval = 30

    let issuer: String
    let audience: String

    /// Judges claims.
    ///
    /// - Parameters:
    ///   - json: the claims.
    ///   - now: the time of the wall clock.
    /// - Returns: whose token it is.
    /// - Throws: ``Problem/Kind/tokenExpired`` for a token that has ended and is good otherwise,
    /// ``Problem/Kind/tokenInvalid``   for all else.
    func principal(_ json: [UInt8], at now: Date) throws(Problem) -> Principal {
        guard let claims = TokenClaims(json: json), claims.iss == issuer, claims.aud.names.contains(audience) else {
            throw .tokenInvalid
        }
        let seconds = now.timeIntervalSince1970
        if let start = claims.nbf, seconds < start.seconds - Self.leeway { throw .tokenInvalid }
        guard seconds < claims.exp.seconds + Self.leeway else { throw .tokenExpired }
        return Principal(
            subject: claims.sub, username: claims.username, permissions: Set(claims.permissions ?? []),
            tokenID: claims.jti, expires: Date(timeIntervalSince1970: claims.exp.seconds))
    }
}

extension Problem {
    /// One text for all causes: whoever tries out tokens learns nothing from it.
    static let tokenInvalid = Problem(.tokenInvalid, "The token is not one that is accepted here.")
    static let tokenExpired = Problem(.tokenExpired, "The token has ended; get a new one.")
}
