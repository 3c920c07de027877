public import Endpoints

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
