internal import CSodium
import JOSE

/// A pair of keys for signatures (Ed25519, RFC 8032), by libsodium.
struct Ed25519KeyPair: Sendable {
    /// The secret that all else is made of, 32 bytes.
    let seed: [UInt8]
    /// 32 bytes.
    let publicKey: [UInt8]
    /// In libsodium's form: the seed and the public key.
    private let secretKey: [UInt8]

    init() {
        self.init(of: randomBytes(Int(crypto_sign_SEEDBYTES)))
    }

    /// - Returns: `nil` if the seed does not have 32 bytes.
    init?(seed: [UInt8]) {
        guard seed.count == Int(crypto_sign_SEEDBYTES) else { return nil }
        self.init(of: seed)
    }

    private init(of seed: [UInt8]) {
        SodiumLibrary.prepare()
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        crypto_sign_seed_keypair(&publicKey, &secretKey, seed)
        (self.seed, self.publicKey, self.secretKey) = (seed, publicKey, secretKey)
    }

    /// 64 bytes, the same each time.
    func signature(of bytes: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, bytes, UInt64(bytes.count), secretKey)
        return signature
    }
}

enum Ed25519 {
    /// True if the owner of a public key has signed the bytes. Signatures and keys that are not canonical (RFC 8032, section
    /// 5.1.7) or of small order are refused.
    static func isValid(_ signature: [UInt8], for bytes: ArraySlice<UInt8>, by publicKey: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES), publicKey.count == Int(crypto_sign_PUBLICKEYBYTES) else {
            return false
        }
        SodiumLibrary.prepare()
        return bytes.withUnsafeBufferPointer { bytes in
            crypto_sign_verify_detached(signature, bytes.baseAddress, UInt64(bytes.count), publicKey) == 0
        }
    }
}

extension JWK {
    init(_ bytes: [UInt8]) {
        self.init(kid: Self.thumbprint(x: Base64URL.encode(bytes)), bytes: bytes)
    }

    /// True if the key's owner has signed the token.
    func verifies(_ token: JWSCompact) -> Bool { Ed25519.isValid(token.signature, for: token.signed, by: bytes) }

    /// RFC 7638: SHA-256 over the required members in alphabetical order, which are these (RFC 8037, section 2).
    private static func thumbprint(x: String) -> String {
        Base64URL.encode(SHA256.hash(Array(#"{"crv":"Ed25519","kty":"OKP","x":"\#(x)"}"#.utf8)))
    }
}
