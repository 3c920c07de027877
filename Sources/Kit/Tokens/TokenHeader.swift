import Endpoints
import Foundation

/// The header of an access token: one algorithm, one type, and the name of a key (RFC 9068, section 2.1).
struct TokenHeader: Codable {
    static let algorithm = "EdDSA"
    static let type = "at+jwt"

    let alg: String
    let typ: String
    let kid: String

    init(kid: String) {
        alg = Self.algorithm
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
            header.alg == Self.algorithm,
            [Self.type, "application/" + Self.type].contains(header.typ.lowercased())
        else { return nil }
        self = header
    }
}
