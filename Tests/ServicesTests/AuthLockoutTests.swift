import Contracts
import Endpoints
import Foundation
import RPC
import Testing

@testable import Auth

@Suite("Lockouts of auth", .timeLimit(.minutes(1)))
struct AuthLockoutTests {
    private static let start = ContinuousClock.now

    private func second(_ seconds: Double) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    private func isOut(_ lockouts: Lockouts, _ user: String, _ origin: String?, at seconds: Double) -> Bool {
        (try? lockouts.check(Lockouts.LoginSource(user, from: origin), at: second(seconds))) == nil
    }

    private func fail(
        _ lockouts: inout Lockouts, _ place: Lockouts.LoginSource, total: Int = 0, at moment: ContinuousClock.Instant
    ) -> Bool {
        lockouts.fail(place, total: total, at: moment)
    }

    @Test("begin after so many wrong passwords in a row, from wherever they come, and end by themselves")
    func period() {
        var lockouts = Lockouts(after: 3, for: .seconds(60))
        for place in 1...2 {
            #expect(!fail(&lockouts, .init("ada", from: "192.0.2.\(place)"), at: second(0)))
        }
        #expect(!isOut(lockouts, "ada", "192.0.2.1", at: 0))
        #expect(fail(&lockouts, .init("ada", from: "192.0.2.3"), at: second(0)))
        for origin in ["192.0.2.1", "192.0.2.99", nil] { #expect(isOut(lockouts, "ada", origin, at: 59)) }
        #expect(!isOut(lockouts, "bob", "192.0.2.1", at: 1))
        #expect(!isOut(lockouts, "ada", "192.0.2.1", at: 60))
        #expect(fail(&lockouts, .init("ada", from: "192.0.2.1"), at: second(61)))
        lockouts.succeed(.init("ada", from: "192.0.2.1"))
        #expect(!isOut(lockouts, "ada", "192.0.2.9", at: 62))
    }

    @Test("spare the places where the user has logged in, unless the guesses come from there")
    func known() {
        var lockouts = Lockouts(after: 3, for: .seconds(60))
        let (home, other) = (
            Lockouts.LoginSource("ada", from: "198.51.100.7"), Lockouts.LoginSource("ada", from: "192.0.2.1")
        )
        lockouts.recordKnown(home)
        for _ in 1...9 { _ = lockouts.fail(other, at: second(0)) }
        #expect(isOut(lockouts, "ada", "192.0.2.1", at: 1) && isOut(lockouts, "ada", "192.0.2.2", at: 1))
        #expect(!isOut(lockouts, "ada", "198.51.100.7", at: 1))
        for _ in 1...3 { _ = lockouts.fail(home, at: second(1)) }
        #expect(isOut(lockouts, "ada", "198.51.100.7", at: 2))
    }

    @Test("count what other processes have counted")
    func total() {
        var lockouts = Lockouts(after: 100, for: .seconds(60))
        let place = Lockouts.LoginSource("ada", from: "192.0.2.1")
        #expect(!fail(&lockouts, place, at: second(0)))
        #expect(fail(&lockouts, place, total: 100, at: second(0)))
        #expect(isOut(lockouts, "ada", "192.0.2.1", at: 1))
    }

    @Test("keep strangers out, while the user's sessions and logins from where it was before go on")
    func strangers() async throws {
        let (trust, store) = (Trust(), try NewStore())
        try await store.add("ada", "correct horse", ["time"])
        var rules = AuthPolicy()
        (rules.perAccount, rules.perAddress, rules.lockAfter) = (0, 0, 3)
        let auth = try trust.auth(store: store.store, rules: rules)
        let client = Client<AuthContract>(try Line(auth, AuthContract.description, trust.verifier(store.store)))
        func logIn(as user: String = "ada", _ password: String, from origin: String) async throws -> TokenGrant {
            let context = CallContext(endpoint: "test.test", origin: origin, deadline: .now + .seconds(20))
            let login = Credentials(user: user, password: password)
            let result = await Result { try await client.call(AuthContract.create, login, in: context) }
            await auth.failures?.value
            return try result.get()
        }
        let grant = try await logIn("correct horse", from: "198.51.100.7")
        for place in 1...3 {
            let refusal = await problem { try await logIn("wrong horse", from: "192.0.2.\(place)") }
            #expect(refusal?.kind == .credentialsWrong)
        }
        for origin in ["192.0.2.1", "192.0.2.200"] {
            let refusal = await problem { try await logIn("correct horse", from: origin) }
            #expect(refusal?.kind == .tooManyRequests && refusal?.retryAfter.map { $0 > .seconds(800) } == true)
        }
        _ = try await client.call(AuthContract.refresh, RefreshRequest(refreshToken: grant.refreshToken ?? ""))
        #expect(try await !store.user("ada").isLocked)
        _ = try await logIn("correct horse", from: "198.51.100.7")
        // A name that nobody has is treated alike.
        for _ in 1...3 {
            #expect(await problem { try await logIn(as: "nobody", "wrong", from: "192.0.2.1") }?.status == 401)
        }
        #expect(await problem { try await logIn(as: "nobody", "wrong", from: "192.0.2.1") }?.status == 429)
        let actions = try await store.store.audit(before: nil, limit: 9).map(\.entry.action)
        #expect(actions.contains(.passwordGuessed))
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ work: () async throws -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}
