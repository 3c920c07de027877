import Testing

@testable import Tokens

@Suite("The cryptography of tokens")
struct CryptographyTests {
    private static func bytes(_ hex: String) -> [UInt8] {
        hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }.chunked.map { UInt8($0.0 << 4 | $0.1) }
    }

    @Test("derives keys by HKDF: RFC 5869, appendix A.3, of which 32 bytes are used")
    func derivation() {
        let key = SealingKey(of: [UInt8](repeating: 0x0B, count: 22), info: [])
        #expect(key.key == Self.bytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"))
    }

    @Test("opens what was sealed with the same key and is unchanged, and nothing else")
    func sealing() {
        let key = SealingKey(of: [1], info: [2])
        let sealed = key.seal(Array("secret".utf8))
        #expect(key.open(sealed) == Array("secret".utf8))
        #expect(SealingKey(of: [1], info: [3]).open(sealed) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(key.open(changed) == nil)
        }
        for count in sealed.indices { #expect(key.open(Array(sealed[..<count])) == nil) }
    }

    @Test("signs and verifies: RFC 8032, section 7.1, test 2")
    func signature() throws {
        let seed = Self.bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
        let keys = try #require(Ed25519KeyPair(seed: seed))
        #expect(keys.publicKey == Self.bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
        let signature = keys.signature(of: [0x72])
        #expect(
            signature
                == Self.bytes(
                    """
                    92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
                    """))
        #expect(Ed25519.isValid(signature, for: [0x72], by: keys.publicKey))
        #expect(!Ed25519.isValid(signature, for: [0x73], by: keys.publicKey))
        #expect(!Ed25519.isValid(Array(signature.dropLast()), for: [0x72], by: keys.publicKey))
        #expect(!Ed25519.isValid(signature, for: [0x72], by: Array(keys.publicKey.dropLast())))
        #expect(Ed25519KeyPair(seed: Array(seed.dropLast())) == nil)
    }
}

extension [Int] {
    /// Two and two.
    fileprivate var chunked: [(Int, Int)] {
        stride(from: 0, to: count - 1, by: 2).map { (self[$0], self[$0 + 1]) }
    }
}
