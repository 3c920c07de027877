internal import CSodium

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
