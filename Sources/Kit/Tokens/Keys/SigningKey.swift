import Crypto
import Endpoints
package import Foundation

/// A private Ed25519 key (RFC 8032): it makes a token the issuer's own.
///
/// Neither its description nor its mirror shows the secret, so that no log does.
public struct SigningKey: Sendable {
    private let secret: Curve25519.Signing.PrivateKey
    /// The public key with which others verify its signatures.
    public let publicKey: JWK

    /// The name under which tokens refer to the key: the thumbprint of its public half (RFC 7638).
    public var kid: String { publicKey.kid }

    /// Makes a new key, whose id does not begin with a hyphen: on a command line that would be an option.
    public init() {
        repeat { self.init(Curve25519.Signing.PrivateKey()) } while kid.hasPrefix("-")
    }

    private init(_ secret: Curve25519.Signing.PrivateKey) {
        self.secret = secret
        publicKey = JWK(secret.publicKey)
    }

    /// - Throws: where BoringSSL runs out of memory.
    func signature(of bytes: Data) throws -> Data {
        try secret.signature(for: bytes)
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "SigningKey(\(kid))" }
    public var customMirror: Mirror { Mirror(self, children: ["kid": kid]) }
}

// The key as a JWK (RFC 8037, section 2), which is how it is kept.
extension SigningKey {
    private struct PrivateJWK: Decodable {
        let kty: String
        let crv: String
        let alg: String
        let use: String
        let kid: String
        let x: String
        let d: String
    }

    /// - Returns: `nil` where it is not an Ed25519 key, or its public half or its name belongs to another one.
    package init?(jwk json: Data) {
        guard let jwk = try? JSONCoding.decode(PrivateJWK.self, from: json), jwk.kty == "OKP", jwk.crv == "Ed25519",
            jwk.alg == TokenHeader.algorithm, jwk.use == "sig", let bytes = Base64URL.decode(jwk.d.utf8),
            let secret = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.init(secret)
        guard jwk.x == publicKey.x, jwk.kid == kid else { return nil }
    }

    /// Holds the secret.
    package var jwk: Data {
        let known = #""kty":"OKP","crv":"Ed25519","alg":"\#(TokenHeader.algorithm)","use":"sig""#
        let own = #""kid":"\#(kid)","x":"\#(publicKey.x)","d":"\#(Base64URL.encode(secret.rawRepresentation))""#
        return Data("{\(known),\(own)}".utf8)
    }
}
