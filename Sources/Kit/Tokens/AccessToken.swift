import Endpoints
import Foundation
import JOSE
import JSON
import RPC

extension JWSHeader {
    /// The type of access tokens (RFC 9068, section 2.1).
    private static let accessToken = "at+jwt"

    /// The header of an access token.
    ///
    /// - Parameter kid: the name of the key that signs it.
    init(kid: String) {
        self.init(typ: Self.accessToken, kid: kid)
    }

    /// True if the token is an access token: another one of the same issuer proves nothing here.
    var isOfAccessToken: Bool {
        [Self.accessToken, "application/" + Self.accessToken].contains(typ?.lowercased())
    }
}

/// The claims of an access token (RFC 7519, section 4.1; RFC 9068, section 2.2).
///
/// `sub` is never another's; `preferred_username` may be, once its owner is removed (OpenID Connect Core, section 5.1).
/// `permissions` is this project's own claim; `scope` says the same as OAuth does. `client_id` is that of the client
/// that has asked for the token; if none has, but a user or a guest, it is the issuer's choice.
struct TokenClaims: Codable {
    let iss: String
    let sub: String
    let aud: Audience
    let exp: NumericDate
    let iat: NumericDate
    let nbf: NumericDate?
    let jti: String
    let clientID: String
    let username: String?
    let permissions: [String]?
    let scope: String?

    private enum CodingKeys: String, CodingKey {
        case iss, sub, aud, exp, iat, nbf, jti, permissions, scope
        case clientID = "client_id"
        case username = "preferred_username"
    }

    /// - Returns: `nil` if a required claim is missing, one has a wrong type, or one is said twice.
    init?(json: [UInt8]) {
        guard let claims = try? JSONCoding.decode(Self.self, from: Data(json)),
            !claims.sub.isEmpty, !claims.jti.isEmpty, !claims.clientID.isEmpty
        else { return nil }
        self = claims
    }

    init(
        iss: String, sub: String, aud: String, exp: Int, iat: Int, jti: String, client: String, username: String? = nil,
        permissions: [String]
    ) {
        self.iss = iss
        self.sub = sub
        self.aud = Audience(names: [aud])
        self.exp = NumericDate(seconds: Double(exp))
        self.iat = NumericDate(seconds: Double(iat))
        nbf = nil
        self.jti = jti
        clientID = client
        self.username = username
        self.permissions = permissions
        scope = permissions.joined(separator: " ")
    }
}

/// The recipients of a token: one name, or a list of them (RFC 7519, section 4.1.3).
struct Audience: Codable {
    let names: [String]

    init(names: [String]) {
        self.names = names
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = [name]
        } else {
            names = try container.decode([String].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if names.count == 1 { try container.encode(names[0]) } else { try container.encode(names) }
    }
}

/// Seconds since 1970-01-01T00:00:00Z (RFC 7519, section 2), from then to the end of the year 9999.
struct NumericDate: Codable {
    let seconds: Double

    init(seconds: Double) {
        self.seconds = seconds
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        seconds = try container.decode(Double.self)
        guard (0..<253_402_300_800).contains(seconds) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not a date")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        // Some readers take whole numbers only, and some writers add “.0”.
        if let whole = Int(exactly: seconds) { try container.encode(whole) } else { try container.encode(seconds) }
    }
}

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
    ///   ``Problem/Kind/tokenInvalid`` for all else.
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
