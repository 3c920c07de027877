internal import CSodium

/// Prepares libsodium, which its manual asks for before any other call: it chooses the fastest code for this processor, once.
enum SodiumLibrary {
    private static let isReady = sodium_init() >= 0

    static func prepare() { _ = isReady }
}

/// Random bytes of the system, fit for secrets.
func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}

/// SHA-256, by libsodium.
enum SHA256 {
    /// 32 bytes.
    static func hash(_ bytes: [UInt8]) -> [UInt8] {
        SodiumLibrary.prepare()
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&hash, bytes, UInt64(bytes.count))
        return hash
    }

    /// 32 bytes (RFC 2104).
    static func hmac(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        SodiumLibrary.prepare()
        var state = crypto_auth_hmacsha256_state()
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_final(&state, &code)
        return code
    }
}

/// A key for secrets that are stored encrypted (ChaCha20-Poly1305, RFC 8439), by libsodium.
struct SealingKey {
    let key: [UInt8]

    private static let nonceSize = Int(crypto_aead_chacha20poly1305_ietf_NPUBBYTES)
    private static let tagSize = Int(crypto_aead_chacha20poly1305_ietf_ABYTES)

    /// Derives the key from a secret (HKDF with SHA-256 and no salt, RFC 5869).
    ///
    /// - Parameter info: the purpose, so that other purposes get other keys.
    init(of secret: [UInt8], info: [UInt8]) {
        key = SHA256.hmac(of: info + [1], key: SHA256.hmac(of: secret, key: []))
    }

    /// - Returns: a random nonce, the encrypted text, and its tag.
    func seal(_ text: [UInt8]) -> [UInt8] {
        let nonce = randomBytes(Self.nonceSize)
        var sealed = [UInt8](repeating: 0, count: text.count + Self.tagSize)
        crypto_aead_chacha20poly1305_ietf_encrypt(
            &sealed, nil, text, UInt64(text.count), nil, 0, nil, nonce, key)
        return nonce + sealed
    }

    /// - Returns: the text; `nil` if it was sealed with another key, or changed.
    func open(_ sealed: [UInt8]) -> [UInt8]? {
        guard sealed.count >= Self.nonceSize + Self.tagSize else { return nil }
        let (nonce, box) = (Array(sealed[..<Self.nonceSize]), Array(sealed[Self.nonceSize...]))
        var text = [UInt8](repeating: 0, count: box.count - Self.tagSize)
        let status = crypto_aead_chacha20poly1305_ietf_decrypt(
            &text, nil, nil, box, UInt64(box.count), nil, 0, nonce, key)
        return status == 0 ? text : nil
    }
}
