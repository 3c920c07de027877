public import Endpoints

/// A public Ed25519 key and the name that it goes by. A token that names it is verified with it, by EdDSA, and in no
/// other way, whatever the token says (RFC 8725, section 3.1).
public struct JWK: Sendable, Hashable {
    /// The name, as tokens say it in their headers.
    public let kid: String
    /// The 32 bytes of the key, in base64url.
    public let x: String

    /// The key itself, 32 bytes.
    package let bytes: [UInt8]

    package static let algorithm = "EdDSA"

    /// - Parameter kid: the key's thumbprint (RFC 7638).
    package init(kid: String, bytes: [UInt8]) {
        self.kid = kid
        self.bytes = bytes
        x = Base64URL.encode(bytes)
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
    /// - Throws: `DecodingError` if it is not an Ed25519 key for signatures with a name.
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
        try check(.alg, is: Self.algorithm, orMissing: true)
        kid = try members.decode(String.self, forKey: .kid)
        x = try members.decode(String.self, forKey: .x)
        guard let bytes = Base64URL.decode(x.utf8), bytes.count == 32 else {
            throw DecodingError.dataCorruptedError(forKey: .x, in: members, debugDescription: "is not 32 bytes")
        }
        self.bytes = bytes
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode("OKP", forKey: .kty)
        try members.encode("Ed25519", forKey: .crv)
        try members.encode(x, forKey: .x)
        try members.encode(kid, forKey: .kid)
        try members.encode("sig", forKey: .use)
        try members.encode(Self.algorithm, forKey: .alg)
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
    package func key(_ kid: String) -> JWK? {
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
