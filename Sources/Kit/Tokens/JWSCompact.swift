import Endpoints
import Foundation
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
    /// The JSON of the claims, not looked at yet.
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
