import Foundation
import JSON

/// The protected header of a signed token: one algorithm, a type, and the name of a key (RFC 7515, section 4).
package struct JWSHeader: Codable {
    /// ``JWK/algorithm``.
    package let alg: String
    /// The media type of the whole, which says what the token is for.
    package let typ: String?
    /// The name of the key that has signed it.
    package let kid: String

    package init(typ: String, kid: String) {
        alg = JWK.algorithm
        self.typ = typ
        self.kid = kid
    }

    /// Fields that would have a reader trust a key that comes with the token, or fetch one from an address in it (RFC
    /// 8725, section 3.10), and extensions that a reader must understand (RFC 7515, section 4.1.11), of which there are
    /// none here.
    private static let forbidden: Set<String> = ["jwk", "jku", "x5c", "x5u", "crit"]

    /// - Returns: `nil` for a header that names another algorithm, no key, or brings one along.
    package init?(json: [UInt8]) {
        guard let json = try? JSONValue(json: Data(json)), Self.forbidden.allSatisfy({ json[$0] == nil }),
            let header = try? JSONCoding.decode(Self.self, from: json), header.alg == JWK.algorithm
        else { return nil }
        self = header
    }
}

/// A signed token as it travels: `header.payload.signature`, each base64url (RFC 7515, section 7.1). Nothing in it is
/// trusted before its signature is verified, which needs cryptography and is not done here.
package struct JWSCompact {
    package let header: JWSHeader
    /// The signed content, not read yet.
    package let payload: [UInt8]
    package let signature: [UInt8]
    /// The very bytes that were signed.
    package let signed: ArraySlice<UInt8>

    /// - Returns: `nil` if the text is not three parts in strict base64url, or its header is not accepted.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]).flatMap(JWSHeader.init(json:)),
            let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = bytes[..<parts[1].endIndex]
    }

    /// Writes a token, signed by `sign`.
    package static func write(
        _ header: JWSHeader, _ payload: some Encodable, sign: ([UInt8]) -> [UInt8]
    ) throws -> String {
        let parts = [try JSONCoding.encode(header), try JSONCoding.encode(payload)]
        let signed = parts.map(Base64URL.encode).joined(separator: ".")
        return signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
    }
}

/// The alphabet of tokens and keys: base64url without padding (RFC 7515, section 2).
///
/// Reading is strict, so that one sequence of bytes has exactly one text: no padding, no foreign characters, no bits left
/// over that are not zero. Two texts of one token would be two entries in a cache or a deny-list.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// The value of each byte that is in the alphabet, and 64 for all others.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << (6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: the bytes, or `nil` if the text is not the one that ``encode(_:)`` makes of them.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bits & (1 << count - 1) == 0 ? bytes : nil
    }
}
