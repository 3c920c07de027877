internal import CSodium

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
