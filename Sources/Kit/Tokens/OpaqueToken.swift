import Crypto
import Foundation
import Trust

/// A secret of 256 random bits that says nothing by itself, such as a refresh token. Whoever hands it out keeps its
/// hash only: the secret has too many values to be found from it.
public struct OpaqueToken: Sendable, Hashable {
    /// The secret, base64url.
    public let text: String
    /// Its identifier in the store: SHA-256 of the text, base64url.
    public let hash: String

    /// Makes a new one.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.init(Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }

    /// One that somebody shows.
    public init(_ text: String) {
        self.text = text
        hash = Base64URL.encode(SHA256.hash(data: Data(text.utf8)))
    }
}

extension OpaqueToken {
    /// Encrypts another secret so that only who shows this one can read it (ChaCha20-Poly1305, RFC 8439).
    ///
    /// - Returns: base64url.
    /// - Throws: what BoringSSL does without memory.
    public func seal(_ other: OpaqueToken) throws -> String {
        Base64URL.encode(try ChaChaPoly.seal(Data(other.text.utf8), using: sealingKey).combined)
    }

    /// Decrypts what ``seal(_:)`` has made.
    ///
    /// - Throws: an error if it was made by another secret, or changed.
    public func open(_ sealed: String) throws -> OpaqueToken {
        let box = try ChaChaPoly.SealedBox(combined: Base64URL.decode(sealed.utf8) ?? [])
        return OpaqueToken(String(decoding: try ChaChaPoly.open(box, using: sealingKey), as: UTF8.self))
    }

    /// Not to be found from the hash, which others know.
    private var sealingKey: SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(text.utf8)), info: Data("sealed by an opaque token".utf8),
            outputByteCount: 32)
    }
}

extension OpaqueToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "OpaqueToken(\(hash))" }
    public var customMirror: Mirror { Mirror(self, children: ["hash": hash]) }
}
