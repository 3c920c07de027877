import Endpoints
import Foundation

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
