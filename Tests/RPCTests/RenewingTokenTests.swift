import Endpoints
import RPC
import Synchronization
import Testing
import Waiting

@Suite("A token that renews itself", .timeLimit(.minutes(1)))
struct RenewingTokenTests {
    private let issuer = Issuer()
    private let token: RenewingToken

    init() {
        token = RenewingToken(clock: issuer.clock.value, fetch: issuer.fetch)
    }

    @Test("is requested once for all who need it meanwhile")
    func shared() async throws {
        issuer.isHeld.store(true, ordering: .relaxed)
        async let one = token.value()
        async let other = token.value()
        try await issuer.isAsked(1)
        issuer.isHeld.store(false, ordering: .relaxed)
        #expect(try await [one, other] == ["token 1", "token 1"])
        #expect(try await token.value() == "token 1" && issuer.count == 1)
    }

    @Test("is used while the next one is requested, which takes its place")
    func background() async throws {
        #expect(try await token.value() == "token 1")
        issuer.clock.advance(by: .seconds(60))
        issuer.isHeld.store(true, ordering: .relaxed)
        for _ in 1...3 { #expect(try await token.value() == "token 1") }
        try await issuer.isAsked(2)
        issuer.isHeld.store(false, ordering: .relaxed)
        try await eventually { try await token.value() != "token 1" }
        #expect(try await token.value() == "token 2" && issuer.count == 2)
    }

    @Test("is used to its end, and not beyond, if the issuer is away")
    func end() async throws {
        #expect(try await token.value() == "token 1")
        issuer.isAway.store(true, ordering: .relaxed)
        issuer.clock.advance(by: .seconds(99.9))
        #expect(try await token.value() == "token 1")
        try await issuer.isAsked(2)
        // The pause before the next request is longer than the token has left.
        issuer.clock.advance(by: .seconds(0.2))
        let problem = await #expect(throws: Problem.self) { try await token.value() }
        #expect(problem?.kind == .unavailable)
        issuer.isAway.store(false, ordering: .relaxed)
        #expect(try await token.value() == "token \(issuer.count)")
    }

    @Test("is replaced if it was refused, and only then")
    func discard() async throws {
        #expect(try await token.value() == "token 1")
        token.discard("token 0")
        #expect(try await token.value() == "token 1")
        token.discard("token 1")
        #expect(try await token.value() == "token 2")
    }
}

/// Makes tokens for 100 seconds each, by a clock that the test moves.
private final class Issuer: Sendable {
    let clock = MovedClock()
    let isHeld = Atomic(false)
    let isAway = Atomic(false)
    private let calls = Atomic(0)

    var count: Int { calls.load(ordering: .relaxed) }

    func isAsked(_ times: Int) async throws {
        try await eventually { count >= times }
    }

    func fetch() async throws(Problem) -> (token: String, lifetime: Duration) {
        let number = calls.add(1, ordering: .relaxed).newValue
        try? await eventually { !isHeld.load(ordering: .relaxed) }
        guard !isAway.load(ordering: .relaxed) else { throw .notConnected }
        return ("token \(number)", .seconds(100))
    }
}

private final class MovedClock: Sendable {
    private let now = Mutex(ContinuousClock.now)

    func value() -> ContinuousClock.Instant { now.withLock(\.self) }

    func advance(by time: Duration) { now.withLock { $0 += time } }
}
