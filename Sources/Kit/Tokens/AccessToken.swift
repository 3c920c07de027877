import Endpoints
import Foundation
import JSON
import RPC
import Trust

/// The header of an access token: one algorithm, one type, and the name of a key (RFC 9068, section 2.1).
struct TokenHeader: Codable {
    static let type = "at+jwt"

    let alg: String
    let typ: String
    let kid: String

    init(kid: String) {
        alg = JWK.algorithm
        typ = Self.type
        self.kid = kid
    }

    /// Fields that would have a reader trust a key that comes with the token, or fetch one from an address in it (RFC
    /// 8725, section 3.10), and extensions that a reader must understand (RFC 7515, section 4.1.11), of which there are
    /// none here.
    private static let forbidden: Set<String> = ["jwk", "jku", "x5c", "x5u", "crit"]

    /// - Returns: `nil` for any header but that of an access token.
    init?(json: [UInt8]) {
        guard let json = try? JSONValue(json: Data(json)), Self.forbidden.allSatisfy({ json[$0] == nil }),
            let header = try? JSONCoding.decode(Self.self, from: json),
            header.alg == JWK.algorithm,
            [Self.type, "application/" + Self.type].contains(header.typ.lowercased())
        else { return nil }
        self = header
    }
}

/// A signed token as it travels: `header.claims.signature`, each base64url (RFC 7515, section 7.1). Nothing in it is
/// trusted before ``JWK/verifies(_:)`` has said so.
struct JWSCompact {
    let header: TokenHeader
    /// The JSON of the claims, not read yet.
    let claims: [UInt8]
    let signature: [UInt8]
    /// The very bytes that were signed.
    let signed: ArraySlice<UInt8>

    /// - Returns: `nil` if the text is not three parts in strict base64url, or its header is not that of an access token.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]).flatMap(TokenHeader.init(json:)),
            let claims = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = bytes[..<parts[1].endIndex]
    }

    /// Writes a token, signed by `sign`.
    static func write(_ header: TokenHeader, _ claims: TokenClaims, sign: ([UInt8]) -> [UInt8]) throws -> String {
        let parts = [try JSONCoding.encode(header), try JSONCoding.encode(claims)]
        let signed = parts.map(Base64URL.encode).joined(separator: ".")
        return signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
    }
}

extension JWK {
    init(_ bytes: [UInt8]) {
        self.init(kid: Self.thumbprint(x: Base64URL.encode(bytes)), bytes: bytes)
    }

    /// True if the key's owner has signed the token.
    func verifies(_ token: JWSCompact) -> Bool { Ed25519.isValid(token.signature, for: token.signed, by: bytes) }

    /// RFC 7638: SHA-256 over the required members in alphabetical order, which are these (RFC 8037, section 2).
    private static func thumbprint(x: String) -> String {
        Base64URL.encode(SHA256.hash(Array(#"{"crv":"Ed25519","kty":"OKP","x":"\#(x)"}"#.utf8)))
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

/// Whom a token is for: one name, or a list of them (RFC 7519, section 4.1.3).
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
