package import Foundation
public import JOSE
import JSON

/// A private Ed25519 key (RFC 8032): it makes a token the issuer's own.
///
/// Neither its description nor its mirror shows the secret, so that no log does.
public struct SigningKey: Sendable {
    private let keys: Ed25519KeyPair
    /// The public key with which others verify its signatures.
    public let publicKey: JWK

    /// The name under which tokens refer to the key: the thumbprint of its public half (RFC 7638).
    public var kid: String { publicKey.kid }

    /// Makes a new key, whose id does not begin with a hyphen: on a command line that would be an option.
    public init() {
        repeat { self.init(Ed25519KeyPair()) } while kid.hasPrefix("-")
    }

    private init(_ keys: Ed25519KeyPair) {
        self.keys = keys
        publicKey = JWK(keys.publicKey)
    }

    func signature(of bytes: [UInt8]) -> [UInt8] { keys.signature(of: bytes) }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "SigningKey(\(kid))" }
    public var customMirror: Mirror { Mirror(self, children: ["kid": kid]) }
}

// The key as a JWK (RFC 8037, section 2), which is how it is kept.
extension SigningKey {
    private struct PrivateJWK: Codable {
        let kty: String
        let crv: String
        let alg: String
        let use: String
        let kid: String
        let x: String
        let d: String
    }

    /// - Returns: `nil` if it is not an Ed25519 key, or its public half or its name belongs to another one.
    package init?(jwk json: Data) {
        guard let jwk = try? JSONCoding.decode(PrivateJWK.self, from: json), jwk.kty == "OKP", jwk.crv == "Ed25519",
            jwk.alg == JWK.algorithm, jwk.use == "sig", let bytes = Base64URL.decode(jwk.d.utf8),
            let keys = Ed25519KeyPair(seed: bytes)
        else { return nil }
        self.init(keys)
        guard jwk.x == publicKey.x, jwk.kid == kid else { return nil }
    }

    /// Holds the secret.
    package var jwk: Data {
        let jwk = PrivateJWK(
            kty: "OKP", crv: "Ed25519", alg: JWK.algorithm, use: "sig", kid: kid, x: publicKey.x,
            d: Base64URL.encode(keys.seed))
        // A struct of strings always encodes.
        return (try? JSONCoding.encode(jwk)) ?? Data()
    }
}
