import CSodium

/// A hash of a password as it is stored: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH` (PHC string format).
///
/// libsodium's own comparison has one answer for “wrong” and “there is no memory”. So the password is hashed here with the
/// salt and the parameters that the string names, which fails for want of memory alone, and the two hashes are compared.
struct StoredHash {
    /// KiB.
    let memory: Int
    let passes: UInt64
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// - Returns: `nil` if it is no hash of this form that libsodium can make again.
    init?(_ text: String) {
        guard let parts = text.wholeMatch(of: /\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([^$]+)\$([^$]+)/),
            let memory = Int(parts.1), (8...(Int(UInt32.max))).contains(memory),
            let passes = UInt64(parts.2), (1...UInt64(UInt32.max)).contains(passes),
            let salt = Self.decode(parts.3), salt.count == crypto_pwhash_SALTBYTES,
            let hash = Self.decode(parts.4), hash.count >= crypto_pwhash_BYTES_MIN
        else { return nil }
        self.memory = memory
        self.passes = passes
        self.salt = salt
        self.hash = hash
    }

    /// Hashes a password like the stored one, and compares the two in constant time.
    ///
    /// - Returns: `nil` if it could not be hashed, for want of memory.
    func fits(_ password: String) -> Bool? {
        var made = [UInt8](repeating: 0, count: hash.count)
        let status = crypto_pwhash(
            &made, UInt64(made.count), password, UInt64(password.utf8.count), salt, passes, memory * 1024,
            crypto_pwhash_ALG_ARGON2ID13)
        guard status == 0 else { return nil }
        return sodium_memcmp(made, hash, hash.count) == 0
    }

    /// Base64 without padding.
    private static func decode(_ text: Substring) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: text.utf8.count)
        var count = 0
        let status = sodium_base642bin(
            &bytes, bytes.count, String(text), text.utf8.count, nil, &count, nil,
            sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
        return status == 0 ? Array(bytes.prefix(count)) : nil
    }
}
