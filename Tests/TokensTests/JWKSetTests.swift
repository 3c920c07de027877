import Endpoints
import Foundation
import JSON
import Testing
import Trust

@testable import Tokens

@Suite("Sets of public keys")
struct JWKSetTests {
    let one = SigningKey()
    let other = SigningKey()

    @Test("a set is read as it was written, and keeps to its schema")
    func roundTrip() throws {
        let set = JWKSet([one.publicKey, other.publicKey])
        let json = try JSONEncoder().encode(set)
        #expect(try JSONDecoder().decode(JWKSet.self, from: json) == set)
        #expect(JWKSet.schema.faults(of: try JSONValue(json: json)) == [])
    }

    @Test("only public members are written")
    func publicMembers() throws {
        let json = try JSONValue(json: try JSONEncoder().encode(JWKSet([one.publicKey])))
        #expect(
            json == [
                "keys": [
                    [
                        "kty": "OKP", "crv": "Ed25519", "x": .string(one.publicKey.x), "kid": .string(one.kid),
                        "use": "sig",
                        "alg": "EdDSA",
                    ]
                ]
            ])
    }

    @Test("unknown members and keys that are not understood are passed over")
    func unknown() throws {
        let x = one.publicKey.x
        let json = """
            {"next": 1, "keys": [
              {"kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB"}, {"kty": "EC", "crv": "P-256", "kid": "b"},
              {"kty": "OKP", "crv": "X25519", "kid": "c", "x": "\(x)"}, {"kty": "OKP", "crv": "Ed25519", "x": "\(x)"},
              {"kty": "OKP", "crv": "Ed25519", "kid": "d", "x": "AAAA"}, {"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": 1},
              {"kty": "OKP", "crv": "Ed25519", "kid": "f", "x": "\(x)", "use": "enc"},
              {"kty": "OKP", "crv": "Ed25519", "kid": "g", "x": "\(x)", "alg": "HS256"},
              {"kty": "oct", "kid": "h", "k": "AAAA"}, {"kty": 7}, {}, null, 5, "key", [],
              {"kty": "OKP", "crv": "Ed25519", "kid": "good", "x": "\(x)", "key_ops": ["verify"], "d": "AAAA", "later": {}}
            ]}
            """
        let set = try JSONDecoder().decode(JWKSet.self, from: Data(json.utf8))
        #expect(set.keys.map(\.kid) == ["good"])
        #expect(!String(decoding: try JSONEncoder().encode(set), as: UTF8.self).contains("\"d\""))
    }

    @Test("a set has 32 keys at the most, and one of each name")
    func bounded() {
        let many = (0..<40).map { _ in SigningKey().publicKey }
        #expect(JWKSet(many).keys == Array(many.prefix(32)))
        #expect(JWKSet([one.publicKey, other.publicKey, one.publicKey]).keys == [one.publicKey, other.publicKey])
    }

    @Test("what is not a set is not read", arguments: ["{}", "[]", #"{"keys": {}}"#, #"{"keys": null}"#, ""])
    func rubbish(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JWKSet.self, from: Data(text.utf8)) }
    }

    @Test("a private key shows nothing of itself in a text or a dump")
    func secrecy() throws {
        let secret = try #require(try JSONValue(json: one.jwk)["d"]?.string)
        var dumped = ""
        dump(one, to: &dumped)
        for text in ["\(one)", String(reflecting: one), String(reflecting: [one]), dumped] {
            #expect(text.contains(one.kid) && !text.contains(secret) && !text.contains("Curve25519"))
        }
    }
}
