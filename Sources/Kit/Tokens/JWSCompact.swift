import Endpoints
import Foundation

/// A signed token as it travels: `header.claims.signature`, each base64url (RFC 7515, section 7.1). Nothing in it is
/// trusted before ``JWK/verifies(_:)`` has said so.
struct JWSCompact {
    let header: TokenHeader
    /// The JSON of the claims, not looked at yet.
    let claims: [UInt8]
    let signature: [UInt8]
    /// The very bytes that were signed.
    let signed: ArraySlice<UInt8>

    /// - Returns: `nil` where the text is not three parts in strict base64url, or its header is not that of an access token.
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

    /// Writes a token, signed by `sign`, and throws what that throws.
    static func write(_ header: TokenHeader, _ claims: TokenClaims, sign: (Data) throws -> Data) throws -> String {
        let parts = [try JSONCoding.encode(header), try JSONCoding.encode(claims)]
        let signed = parts.map(Base64URL.encode).joined(separator: ".")
        return signed + "." + Base64URL.encode(try sign(Data(signed.utf8)))
    }
}
