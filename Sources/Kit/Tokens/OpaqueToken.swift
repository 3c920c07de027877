import Crypto
import Foundation

/// A secret of 256 random bits that says nothing by itself, such as a refresh token. Whoever hands it out keeps its hash
/// only: the secret has too many values to be found from it.
public struct OpaqueToken: Sendable, Hashable {
    /// The secret, base64url.
    public let text: String
    /// What to know it by: SHA-256 of the text, base64url.
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

extension OpaqueToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "OpaqueToken(\(hash))" }
    public var customMirror: Mirror { Mirror(self, children: ["hash": hash]) }
}
