import Endpoints
import Foundation
import JOSE
import JSON
import Testing

@Suite("Sets of public keys")
struct JWKSetTests {
    let one = JWK(kid: "one", bytes: [UInt8](repeating: 1, count: 32))
    let other = JWK(kid: "other", bytes: [UInt8](repeating: 2, count: 32))

    @Test("a set is read as it was written, and keeps to its schema")
    func roundTrip() throws {
        let set = JWKSet([one, other])
        let json = try JSONEncoder().encode(set)
        #expect(try JSONDecoder().decode(JWKSet.self, from: json) == set)
        #expect(JWKSet.schema.faults(of: try JSONValue(json: json)) == [])
    }

    @Test("only public members are written")
    func publicMembers() throws {
        let json = try JSONValue(json: try JSONEncoder().encode(JWKSet([one])))
        #expect(
            json == [
                "keys": [
                    [
                        "kty": "OKP", "crv": "Ed25519", "x": .string(one.x), "kid": .string(one.kid),
                        "use": "sig",
                        "alg": "EdDSA",
                    ]
                ]
            ])
    }

    @Test("unknown members and keys that are not understood are passed over")
    func unknown() throws {
        let x = one.x
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
        let many = (0..<40).map { JWK(kid: "key \($0)", bytes: one.bytes) }
        #expect(JWKSet(many).keys == Array(many.prefix(32)))
        #expect(JWKSet([one, other, one]).keys == [one, other])
    }

    @Test("what is not a set is not read", arguments: ["{}", "[]", #"{"keys": {}}"#, #"{"keys": null}"#, ""])
    func rubbish(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JWKSet.self, from: Data(text.utf8)) }
    }
}
