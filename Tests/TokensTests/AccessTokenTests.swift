import Endpoints
import Foundation
import JOSE
import JSON
import RPC
import Testing

@testable import Tokens

@Suite("Access tokens, from their issuer to their verifier")
struct AccessTokenTests {
    @Test("what is issued is accepted, and says who and what")
    func roundTrip() async throws {
        let bench = try await Bench.warm()
        let issued = try bench.issuer.issue(subject: "ada", permissions: ["time", "users"])
        let principal = try await bench.verifier.verify(issued.token)
        #expect(principal.subject == "ada")
        #expect(principal.permissions == ["time", "users"])
        #expect(principal.tokenID == issued.id)
        #expect(principal.expires == issued.expires)
        #expect(principal.expires == bench.clock.now + 300)
    }

    @Test("a token is of the form of RFC 9068")
    func form() throws {
        let bench = Bench()
        let parts = try bench.token("ada", ["b", "a"]).split(separator: ".").map { part in
            Data(try #require(Base64URL.decode(part.utf8)))
        }
        let header = try JSONValue(json: parts[0])
        #expect(header == ["alg": "EdDSA", "typ": "at+jwt", "kid": .string(bench.key.kid)])
        let claims = try JSONValue(json: parts[1])
        #expect(claims["iss"] == "auth" && claims["sub"] == "ada" && claims["aud"] == "star")
        #expect(claims["iat"] == 1_800_000_000 && claims["exp"] == 1_800_000_300)
        #expect(String(decoding: parts[1], as: UTF8.self).contains(#""exp":1800000300,"#))
        #expect(claims["client_id"] == "auth" && claims["permissions"] == ["a", "b"] && claims["scope"] == "a b")
        #expect(claims["jti"]?.string.flatMap { Base64URL.decode($0.utf8) }?.count == 16)
    }

    @Test("no two tokens have one id")
    func ids() throws {
        let bench = Bench()
        let ids = try (0..<1000).map { _ in try bench.issuer.issue(subject: "ada", permissions: []).id }
        #expect(Set(ids).count == ids.count)
    }

    @Test("a token that no verifier would read is not issued")
    func tooLong() throws {
        let bench = Bench()
        let many = Set((0..<400).map { "permission-\($0)" })
        for (subject, permissions) in [("ada", many), ("", [])] {
            let problem = #expect(throws: Problem.self) {
                try bench.issuer.issue(subject: subject, permissions: permissions)
            }
            #expect(problem?.kind == .invalid)
        }
    }

    @Test("a token is accepted until 30 seconds after its end, and is then said to have expired")
    func expiry() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        bench.clock.advance(329)
        #expect(await bench.problem(of: token) == nil)
        bench.clock.advance(1)
        #expect(await bench.problem(of: token)?.kind == .tokenExpired)
        bench.clock.advance(1_000_000)
        #expect(await bench.problem(of: token)?.kind == .tokenExpired)
    }

    @Test("a token that has expired and is bad otherwise is only said to be bad")
    func expiredAndBad() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        bench.clock.advance(400)
        #expect(await bench.problem(of: try forger.token())?.kind == .tokenExpired)
        #expect(await bench.problem(of: try forger.token(claims: ["aud": "other"]))?.kind == .tokenInvalid)
        #expect(await bench.problem(of: try forger.token().dropLast(4) + "AAAA")?.kind == .tokenInvalid)
    }

    @Test("a token without permissions is accepted and permits nothing")
    func withoutPermissions() async throws {
        let bench = try await Bench.warm()
        let principal = try await bench.verifier.verify(try Forger(bench).token(claims: ["permissions": nil]))
        #expect(principal.permissions.isEmpty)
    }
}
