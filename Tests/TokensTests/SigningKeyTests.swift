import Endpoints
import Foundation
import JOSE
import JSON
import Testing

@testable import Tokens

@Suite("A signing key as a store keeps it")
struct SigningKeyTests {
    @Test("has an id that no command takes for an option")
    func id() {
        #expect((1...500).allSatisfy { _ in !SigningKey().kid.hasPrefix("-") })
    }

    @Test("is read as it was written")
    func roundTrip() throws {
        let key = SigningKey()
        let read = try #require(SigningKey(jwk: key.jwk))
        #expect(read.kid == key.kid && read.publicKey == key.publicKey && read.jwk == key.jwk)
        #expect(key.publicKey.verifies(try #require(JWSCompact(try token(signedBy: read)))))
    }

    @Test("is none where anything in it is another key's, of another kind, or missing")
    func damaged() throws {
        let (key, other) = (SigningKey(), SigningKey())
        guard case .object(let members) = try JSONValue(json: key.jwk),
            case .object(let others) = try JSONValue(json: other.jwk)
        else { return }
        for name in members.names {
            for value in [nil, .string("RSA"), .integer(1), others[name] == members[name] ? nil : others[name]] {
                let changed = JSONValue.object(members.setting(name, to: value ?? .null))
                #expect(SigningKey(jwk: changed.json()) == nil, "\(name)")
            }
        }
        for text in ["", "{", "[]", "{}"] { #expect(SigningKey(jwk: Data(text.utf8)) == nil) }
    }

    @Test("is shown by no description")
    func secrecy() throws {
        let key = SigningKey()
        let secret = try #require(try JSONValue(json: key.jwk)["d"]?.string)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), String(reflecting: [key]), dumped] {
            #expect(!text.contains(secret) && text.contains(key.kid))
        }
    }

    private func token(signedBy key: SigningKey) throws -> String {
        try TokenIssuer(key: key, issuer: "auth", audience: "star").issue(subject: "ada", permissions: []).token
    }
}
