import JOSE

/// A secret of 256 random bits that says nothing by itself, such as a refresh token. Whoever hands it out keeps its
/// hash only: the secret has too many values to be found from it.
public struct OpaqueToken: Sendable, Hashable {
    /// The secret, base64url.
    public let text: String
    /// Its identifier in the store: SHA-256 of the text, base64url.
    public let hash: String

    /// Makes a new one.
    public init() {
        self.init(Base64URL.encode(randomBytes(32)))
    }

    /// One that somebody shows.
    public init(_ text: String) {
        self.text = text
        hash = Base64URL.encode(SHA256.hash(Array(text.utf8)))
    }
}

extension OpaqueToken {
    /// Encrypts another secret so that only who shows this one can read it (ChaCha20-Poly1305, RFC 8439).
    ///
    /// - Returns: base64url.
    public func seal(_ other: OpaqueToken) -> String {
        Base64URL.encode(sealingKey.seal(Array(other.text.utf8)))
    }

    /// Decrypts what ``seal(_:)`` has made.
    ///
    /// - Returns: `nil` if it was made by another secret, or changed.
    public func open(_ sealed: String) -> OpaqueToken? {
        guard let box = Base64URL.decode(sealed.utf8), let text = sealingKey.open(box) else { return nil }
        return OpaqueToken(String(decoding: text, as: UTF8.self))
    }

    /// Not to be found from the hash, which others know.
    private var sealingKey: SealingKey {
        SealingKey(of: Array(text.utf8), info: Array("sealed by an opaque token".utf8))
    }
}

extension OpaqueToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "OpaqueToken(\(hash))" }
    public var customMirror: Mirror { Mirror(self, children: ["hash": hash]) }
}
