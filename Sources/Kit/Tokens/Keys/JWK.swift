import Crypto
public import Endpoints
import Foundation

/// A public Ed25519 key and the name that it goes by. A token that names it is verified with it, by EdDSA, and in no
/// other way, whatever the token says (RFC 8725, section 3.1).
public struct JWK: Sendable, Hashable {
    /// The name, as tokens say it in their headers.
    public let kid: String
    /// The 32 bytes of the key, in base64url.
    public let x: String

    private let key: Curve25519.Signing.PublicKey

    init(_ key: Curve25519.Signing.PublicKey) {
        self.key = key
        x = Base64URL.encode(key.rawRepresentation)
        kid = Self.thumbprint(x: x)
    }

    /// True if the key's owner has signed the token. Signatures that are not canonical (s ≥ L) are refused, as RFC
    /// 8032, section 5.1.7, asks.
    func verifies(_ token: JWSCompact) -> Bool {
        key.isValidSignature(token.signature, for: token.signed)
    }

    /// RFC 7638: SHA-256 over the required members in alphabetical order, which are these (RFC 8037, section 2).
    private static func thumbprint(x: String) -> String {
        Base64URL.encode(SHA256.hash(data: Data(#"{"crv":"Ed25519","kty":"OKP","x":"\#(x)"}"#.utf8)))
    }

    public static func == (one: Self, other: Self) -> Bool {
        one.kid == other.kid && one.x == other.x
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kid)
        hasher.combine(x)
    }
}

extension JWK: Payload {
    public static let schema = Schema.object(
        .required("kty", .string(example: "OKP"), "The type of key: OKP."),
        .required("crv", .string(example: "Ed25519"), "The curve: Ed25519."),
        .required("x", .string(example: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), "The public key, base64url."),
        .required(
            "kid", .string(example: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
            "The id by which tokens refer to the key: its thumbprint (RFC 7638)."),
        .required("use", .string(example: "sig"), "The use of the key: sig, for signatures."),
        .required("alg", .string(example: "EdDSA"), "The algorithm: EdDSA."))

    private enum CodingKeys: String, CodingKey {
        case kty, crv, x, kid, use, alg
    }

    /// Reads a JWK (RFC 7517, section 4). Members that are not known here are left alone.
    ///
    /// - Throws: `DecodingError` where it is not an Ed25519 key for signatures with a name.
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        func check(_ member: CodingKeys, is value: String, orMissing: Bool = false) throws {
            let found = try members.decodeIfPresent(String.self, forKey: member)
            guard found == value || (orMissing && found == nil) else {
                throw DecodingError.dataCorruptedError(
                    forKey: member, in: members, debugDescription: "is not “\(value)”")
            }
        }
        try check(.kty, is: "OKP")
        try check(.crv, is: "Ed25519")
        try check(.use, is: "sig", orMissing: true)
        try check(.alg, is: TokenHeader.algorithm, orMissing: true)
        kid = try members.decode(String.self, forKey: .kid)
        x = try members.decode(String.self, forKey: .x)
        guard let bytes = Base64URL.decode(x.utf8),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else {
            throw DecodingError.dataCorruptedError(forKey: .x, in: members, debugDescription: "is not 32 bytes")
        }
        self.key = key
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode("OKP", forKey: .kty)
        try members.encode("Ed25519", forKey: .crv)
        try members.encode(x, forKey: .x)
        try members.encode(kid, forKey: .kid)
        try members.encode("sig", forKey: .use)
        try members.encode(TokenHeader.algorithm, forKey: .alg)
    }
}

/// The public keys by which tokens are verified: a JWK Set (RFC 7517, section 5).
///
/// To rotate, publish the new key beside the old one, sign with it no sooner than every verifier has fetched it, and take
/// the old one away when its last token has ended.
public struct JWKSet: Payload, Equatable {
    /// No set holds more keys than this.
    public static let limit = 32

    public static let schema = Schema.object(
        .required("keys", .array(of: .payload(JWK.self), count: 0...limit), "The keys."))

    public let keys: [JWK]

    /// - Parameter keys: of two keys with one name the first is kept, and of them all the first ``limit``.
    public init(_ keys: [JWK]) {
        var names: Set<String> = []
        self.keys = Array(keys.filter { names.insert($0.kid).inserted }.prefix(Self.limit))
    }

    /// The key of this name, or `nil`.
    func key(_ kid: String) -> JWK? {
        keys.first { $0.kid == kid }
    }
}

extension JWKSet {
    private enum CodingKeys: String, CodingKey {
        case keys
    }

    /// A key that is not understood here is passed over (RFC 7517, section 5).
    private struct Candidate: Decodable {
        let key: JWK?

        init(from decoder: any Decoder) {
            key = try? JWK(from: decoder)
        }
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try members.decode([Candidate].self, forKey: .keys).compactMap(\.key))
    }
}
