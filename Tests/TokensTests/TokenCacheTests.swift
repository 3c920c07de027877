import Endpoints
import Foundation
import JOSE
import RPC
import Testing

@testable import Tokens

@Suite("Tokens that are remembered")
struct TokenCacheTests {
    @Test("a token is verified once and then remembered, for 60 seconds")
    func hit() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        for _ in 0..<5 { #expect(await bench.problem(of: token) == nil) }
        #expect(bench.verifier.statistics == VerifierStatistics(hits: 4, misses: 1, count: 1, fetches: 1))
        bench.clock.advance(59.9)
        #expect(await bench.problem(of: token) == nil)
        #expect(bench.verifier.statistics.hits == 5)
        bench.clock.advance(0.1)
        #expect(await bench.problem(of: token) == nil)
        #expect(bench.verifier.statistics == VerifierStatistics(hits: 5, misses: 2, count: 1, fetches: 1))
    }

    @Test("no token is remembered beyond its end")
    func end() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        bench.clock.advance(320)
        #expect(await bench.problem(of: token) == nil)
        bench.clock.advance(9)
        #expect(await bench.problem(of: token) == nil)
        #expect(bench.verifier.statistics.hits == 1)
        bench.clock.advance(1)
        #expect(await bench.problem(of: token)?.kind == .tokenExpired)
    }

    @Test("what is refused is not remembered")
    func negatives() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token() + "A"
        for _ in 0..<3 { #expect(await bench.problem(of: token)?.kind == .tokenInvalid) }
        #expect(bench.verifier.statistics == VerifierStatistics(hits: 0, misses: 3, count: 0, fetches: 1))
    }

    @Test("another spelling of a remembered token is another token")
    func spelling() async throws {
        let bench = try await Bench.warm()
        var token = ""
        while !token.dropLast(40).contains("K") { token = try bench.token() }
        #expect(await bench.problem(of: token) == nil)
        let (start, rest) = (token.prefix { $0 != "K" }, token.drop { $0 != "K" }.dropFirst())
        let kelvin = start + "\u{212A}" + rest
        #expect(kelvin == token[...])
        #expect(await bench.problem(of: String(kelvin))?.kind == .tokenInvalid)
    }

    @Test("all is forgotten when the keys change, and nothing when they do not")
    func keyChange() async throws {
        let bench = try await Bench.warm()
        let token = try bench.token()
        #expect(await bench.problem(of: token) == nil)
        bench.verifier.replaceKeys(JWKSet([bench.key.publicKey]))
        #expect(bench.verifier.statistics.count == 1)
        bench.verifier.replaceKeys(JWKSet([bench.key.publicKey, SigningKey().publicKey]))
        #expect(bench.verifier.statistics.count == 0)
    }

    @Test("what was verified with keys that have changed meanwhile is not remembered")
    func lateRemembering() throws {
        let (key, now) = (SigningKey(), Date())
        let trust = TrustStore(source: JWKSet([]), cacheLimit: 10) { now }
        trust.replace(JWKSet([key.publicKey]))
        let (_, generation) = try #require(trust.key(key.kid))
        trust.replace(JWKSet([SigningKey().publicKey]))
        let principal = Principal(subject: "ada", permissions: [], tokenID: "1", expires: now + 60)
        #expect(trust.cache("token", principal, until: now + 60, generation: generation))
        #expect(trust.principal(of: "token", at: now) == nil)
    }

    @Test("no more are remembered than the limit, and what is used stays")
    func bounded() async throws {
        let bench = try await Bench.warm(cacheLimit: 20)
        let used = try bench.token("ada")
        for number in 0..<200 {
            #expect(await bench.problem(of: used) == nil)
            #expect(await bench.problem(of: try bench.token("user\(number)")) == nil)
            #expect(bench.verifier.statistics.count <= 20)
        }
        let statistics = bench.verifier.statistics
        #expect(statistics.hits == 199 && statistics.misses == 201 && statistics.count >= 10)
    }

    @Test("ten thousand are remembered by default")
    func limit() {
        #expect(AccessTokenVerifier.cacheLimit == 10_000)
    }
}
