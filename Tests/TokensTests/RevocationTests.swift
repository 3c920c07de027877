import Endpoints
import Foundation
import JOSE
import RPC
import Testing
import Trust

@testable import Tokens

@Suite("Tokens that are revoked")
struct RevocationTests {
    static let refusal = Problem(.tokenInvalid, "The token is not one that is accepted here.")

    @Test("stop with the event that tells it, remembered or not, and others go on")
    func event() async throws {
        let bench = try await Bench.warm()
        let (remembered, unknown, other) = (try bench.revocable(), try bench.revocable(), try bench.token("eve"))
        for token in [remembered.token, other] { #expect(await bench.problem(of: token) == nil) }
        #expect(bench.verifier.apply(bench.source.revoke(remembered.revoked, unknown.revoked)))
        #expect(bench.verifier.statistics.count == 1)
        for token in [remembered.token, unknown.token] {
            #expect(await bench.problem(of: token) == Self.refusal)
        }
        #expect(await bench.problem(of: other) == nil)
        #expect(bench.verifier.statistics.denied == 2 && bench.source.count == 1)
    }

    @Test("are found out by whoever has missed the event, at the next one and at a heartbeat")
    func missed() async throws {
        let bench = try await Bench.warm()
        let (first, second) = (try bench.revocable(), try bench.revocable())
        bench.source.revoke(first.revoked)
        #expect(!bench.verifier.apply(bench.source.beat))
        #expect(!bench.verifier.apply(bench.source.revoke(second.revoked)))
        for token in [first.token, second.token] { #expect(await bench.problem(of: token) == nil) }
        try await bench.verifier.resync()
        for token in [first.token, second.token] { #expect(await bench.problem(of: token) == Self.refusal) }
        #expect(bench.verifier.apply(bench.source.beat))
    }

    @Test("stay revoked, whatever comes twice, late, or cannot be read")
    func oldNews() async throws {
        let bench = try await Bench.warm()
        let (first, second) = (try bench.revocable(), try bench.revocable())
        let (one, two) = (bench.source.revoke(first.revoked), bench.source.revoke(second.revoked))
        for event in [one, two, one, two] { #expect(bench.verifier.apply(event)) }
        #expect(bench.verifier.position == two.position)
        for garbage in ["{", "[]", "{}", String(repeating: "[", count: 1000)] {
            let event = Event(topic: "auth.trust_updates", position: two.position, body: Data(garbage.utf8))
            #expect(!bench.verifier.apply(event))
        }
        for token in [first.token, second.token] { #expect(await bench.problem(of: token) == Self.refusal) }
    }

    @Test("stay revoked when auth's numbers begin anew")
    func newSeries() async throws {
        let bench = try await Bench.warm()
        let (first, second) = (try bench.revocable(), try bench.revocable())
        #expect(bench.verifier.apply(bench.source.revoke(first.revoked)))
        bench.source.restart(as: "b")
        #expect(!bench.verifier.apply(bench.source.revoke(second.revoked)))
        try await bench.verifier.resync()
        #expect(bench.verifier.position == StreamPosition(epoch: "b", sequence: 2))
        for token in [first.token, second.token] { #expect(await bench.problem(of: token) == Self.refusal) }
    }

    @Test("are all fetched, page by page, before the first key counts")
    func pages() async throws {
        let bench = Bench()
        let tokens = try (0..<25).map { _ in try bench.revocable() }
        for token in tokens { bench.source.revoke(token.revoked) }
        bench.source.limitPage(to: 10)
        try await bench.verifier.warmUp()
        #expect(bench.source.count == 3)
        for token in tokens { #expect(await bench.problem(of: token.token) == Self.refusal) }
        let part = TrustUpdates(
            since: 0, StreamPosition(epoch: "a", sequence: 10), latest: 25, keys: JWKSet([bench.key.publicKey]),
            revoked: [])
        let other = Bench().verifier
        #expect(other.apply(part) && !other.isReady)
    }

    @Test("are refused to whoever verified them just before")
    func race() throws {
        let (key, now) = (SigningKey(), Date())
        let trust = TrustStore(source: JWKSet([]), cacheLimit: 10) { now }
        trust.replace(JWKSet([key.publicKey]))
        let (_, generation) = try #require(trust.key(key.kid))
        let revoked = RevokedToken(jti: "1", exp: Int(now.timeIntervalSince1970) + 60)
        let news = TrustUpdates(
            since: 0, StreamPosition(epoch: "a", sequence: 1), keys: JWKSet([key.publicKey]), revoked: [revoked])
        #expect(trust.apply(news))
        let principal = Principal(subject: "ada", permissions: [], tokenID: "1", expires: now + 60)
        #expect(!trust.cache("token", principal, until: now + 60, generation: generation))
    }

    @Test("are forgotten after their end, and if there are too many all are denied that end no later")
    func bounded() {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        func token(_ number: Int, _ seconds: Int) -> RevokedToken {
            RevokedToken(jti: "\(number)", exp: 1_800_000_000 + seconds)
        }
        func isDenied(_ list: RevocationList, _ id: Int, _ seconds: Double) -> Bool {
            list.denies(Principal(subject: "", permissions: [], tokenID: "\(id)", expires: now + seconds))
        }
        var list = RevocationList(limit: 10)
        list.deny((1...10).map { token($0, $0 < 6 ? -31 : 300) }, at: now)
        #expect(list.count == 10)
        list.deny([token(11, 300)], at: now)
        #expect(list.count == 6 && isDenied(list, 11, 300) && !isDenied(list, 12, 300))
        list.deny((20...30).map { token($0, 200) }, at: now)
        #expect(list.count == 0 && isDenied(list, 25, 200) && isDenied(list, 12, 300) && !isDenied(list, 12, 301))
    }

    @Test("and keys come by one event: a token of a key that is announced is good before anybody fetches it")
    func announced() async throws {
        let bench = try await Bench.warm()
        let (clock, next) = (bench.clock, SigningKey())
        let old = try bench.token()
        #expect(bench.verifier.apply(bench.source.reply(with: bench.key, next)))
        let token = try TokenIssuer(key: next, issuer: "auth", audience: "star") { clock.now }
            .issue(subject: "ada", permissions: []).token
        for token in [old, token] { #expect(await bench.problem(of: token) == nil) }
        #expect(bench.source.count == 1)
    }

    @Test("a permission is confirmed by whoever the keys come from, and by nobody where they just are")
    func confirmed() async throws {
        let bench = try await Bench.warm()
        try await bench.verifier.confirm("time", CallContext(endpoint: "shop.buy"))
        await #expect(throws: Problem(.permissionDenied, "No.")) {
            try await bench.verifier.confirm("tide", CallContext(endpoint: "shop.buy"))
        }
        let alone = AccessTokenVerifier(issuer: "auth", audience: "star", source: JWKSet([bench.key.publicKey]))
        let problem = await #expect(throws: Problem.self) {
            try await alone.confirm("time", CallContext(endpoint: "shop.buy"))
        }
        #expect(problem?.kind == .unavailable)
    }
}
