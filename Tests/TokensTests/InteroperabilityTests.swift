import Crypto
import Foundation
import JOSE
import JWTKit
import RPC
import Testing

@testable import Tokens

/// jwt-kit is another implementation, by other people: what both agree on is no private dialect.
@Suite("Tokens and keys, read and written by another implementation")
struct InteroperabilityTests {
    struct Claims: JWTPayload {
        let iss: IssuerClaim
        let sub: SubjectClaim
        let aud: AudienceClaim
        let exp: ExpirationClaim
        let iat: IssuedAtClaim
        let jti: IDClaim
        let clientID: String
        let permissions: [String]

        enum CodingKeys: String, CodingKey {
            case iss, sub, aud, exp, iat, jti, permissions
            case clientID = "client_id"
        }

        func verify(using _: some JWTAlgorithm) throws {
            try aud.verifyIntendedAudience(includes: "star")
        }
    }

    @Test("jwt-kit accepts our tokens by our published keys")
    func ours() async throws {
        let bench = Bench()
        let published = try JSONEncoder().encode(JWKSet([bench.key.publicKey]))
        let theirs = try await JWTKeyCollection().add(jwksJSON: String(decoding: published, as: UTF8.self))
        let claims = try await theirs.verify(try bench.token(), as: Claims.self)
        #expect(claims.sub.value == "ada" && claims.iss.value == "auth" && claims.permissions == ["time"])
        #expect(claims.exp.value == bench.clock.now + 300)
    }

    @Test("we accept tokens that jwt-kit signs")
    func theirs() async throws {
        let bench = try await Bench.warm()
        let file = try JSONDecoder().decode([String: String].self, from: bench.key.jwk)
        let secret = try EdDSA.PrivateKey(d: try #require(file["d"]), curve: .ed25519)
        let theirs = await JWTKeyCollection().add(eddsa: secret, kid: JWKIdentifier(string: bench.key.kid))
        let claims = Claims(
            iss: "auth", sub: "grace", aud: "star", exp: ExpirationClaim(value: bench.clock.now + 60),
            iat: IssuedAtClaim(value: bench.clock.now), jti: "9", clientID: "star",
            permissions: ["time"])
        let token = try await theirs.sign(
            claims, kid: JWKIdentifier(string: bench.key.kid), header: ["typ": "at+jwt", "alg": "EdDSA"])
        #expect(try await bench.verifier.verify(token).subject == "grace")
    }

    @Test("the example of RFC 8037: name, signature, public half")
    func example() throws {
        let jwk = #"""
            {"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
            """#
        let key = try #require(SigningKey(jwk: Data(jwk.utf8)))
        #expect(key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        let signed = Data("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        let theirs = try Curve25519.Signing.PublicKey(rawRepresentation: Base64URL.decode(key.publicKey.x.utf8) ?? [])
        #expect(theirs.isValidSignature(Base64URL.decode(signature.utf8) ?? [], for: signed))
        #expect(Base64URL.encode(key.signature(of: Array(signed))) == signature)
    }
}
