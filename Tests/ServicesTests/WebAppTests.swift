import Contracts
import Endpoints
import Foundation
import RPC
import Resource
import Synchronization
import Testing
import Waiting

@testable import WebApp

@Suite("Webapp", .timeLimit(.minutes(1)))
struct WebAppTests {
    let trust = Trust()
    let verifier: SwitchedVerifier
    /// The ways from webapp to auth and to resource.
    let auth: Line
    let resource: Line
    let client: Client<WebAppContract>

    init() throws {
        verifier = SwitchedVerifier(trust.verifier)
        auth = try Line(trust.auth(), AuthContract.description, trust.verifier)
        let time = ResourceService(executor: QueueExecutor(name: "resource")) { 1_574_653_197 }
        resource = try Line(time, ResourceContract.description, verifier)
        let webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(auth), resource: ServiceRoute(resource))
        client = Client(try Line(webApp, WebAppContract.description, trust.verifier))
    }

    @Test("asks all at once, and keeps their order")
    func concurrently() async {
        let begun = Atomic(0)
        let results = await Array(0..<4).concurrentMap { number -> Int? in
            begun.add(1, ordering: .relaxed)
            do {
                try await eventually("all have begun") { begun.load(ordering: .relaxed) == 4 }
                return number * 2
            } catch {
                return nil
            }
        }
        #expect(results == [0, 2, 4, 6])
    }

    @Test("passes on the time from resource")
    func time() async throws {
        #expect(try await client.call(WebAppContract.currentTime).currentTime == "2019-11-25T03:39:57+00:00")
        #expect(try await client.call(WebAppContract.epochTime).epochTime == 1_574_653_197)
        #expect(try await client.call(Smoke.endpoint) == .ok)
    }

    @Test("asks for a guest's token once and uses it again")
    func reuse() async throws {
        for _ in 1...3 { _ = try await client.call(WebAppContract.epochTime) }
        #expect(auth.count("auth.create") == 1)
        #expect(Set(resource.tokens).count == 1 && !resource.tokens.contains(nil))
    }

    @Test("asks for one guest's token, however many visitors come at once")
    func flight() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...30 {
                group.addTask { _ = try await client.call(WebAppContract.epochTime) }
            }
            try await group.waitForAll()
        }
        #expect(auth.count("auth.create") == 1)
        #expect(resource.count("resource.epoch_time") == 30)
    }

    @Test("gets another guest's token where resource takes the old one no more")
    func renewal() async throws {
        _ = try await client.call(WebAppContract.epochTime)
        let renewed = Trust()
        verifier.switch(to: renewed.verifier)
        auth.lead(to: try Line(renewed.auth(), AuthContract.description, renewed.verifier))
        _ = try await client.call(WebAppContract.epochTime)
        _ = try await client.call(WebAppContract.epochTime)
        #expect(auth.count("auth.create") == 2)
        #expect(resource.count("resource.epoch_time") == 4)
    }

    @Test("gets another guest's token when the last one has little time left")
    func expiry() async throws {
        let grant = FixedAnswer(
            reply: .success(status: 201, body: .init(#"{"token":"\#(try trust.token(["time"]))","expires_in":0}"#.utf8))
        )
        auth.lead(to: grant)
        for _ in 1...2 { _ = try await client.call(WebAppContract.epochTime) }
        #expect(auth.count("auth.create") == 2)
    }

    @Test("tries once more and not for ever")
    func once() async throws {
        verifier.switch(to: Trust().verifier)
        #expect(await problem { try await client.call(WebAppContract.epochTime) }?.kind == .tokenInvalid)
        #expect(resource.count("resource.epoch_time") == 2)
    }

    @Test("passes on a visitor's own token, and asks auth for nothing")
    func ownToken() async throws {
        let token = try trust.token(["time"])
        _ = try await client.call(WebAppContract.epochTime, token: token)
        #expect(resource.tokens == [token] && auth.count("auth.create") == 0)
    }

    @Test("puts no guest's token in the place of a visitor's that is refused")
    func ownTokenRefused() async throws {
        let weak = try trust.token(["tide"])
        #expect(
            await problem { try await client.call(WebAppContract.epochTime, token: weak) }?.kind == .permissionDenied)
        #expect(await problem { try await client.call(WebAppContract.epochTime, token: "x") }?.kind == .tokenInvalid)
        #expect(resource.tokens == [weak, "x"] && auth.count("auth.create") == 0)
    }

    @Test(
        "passes on a problem of resource with its code and its advice",
        arguments: [
            Problem(.overloaded, "Too much.", retryAfter: .seconds(2)),
            Problem(.permissionDenied, "No."), Problem(.internal, "Broken."), Problem(.deadlineExceeded, "Late."),
            Problem(Problem.Kind("tides_only", status: 409, title: "Tides only"), "No time here."),
        ])
    func problems(_ sent: Problem) async throws {
        resource.lead(to: FixedAnswer(reply: .failure(sent)))
        #expect(await problem { try await client.call(WebAppContract.currentTime) } == sent)
    }

    @Test("is a 503 to visitors without a token while auth is down, and to others goes on")
    func authDown() async throws {
        auth.lead(to: FixedAnswer.nobody)
        #expect(await problem { try await client.call(WebAppContract.epochTime) }?.kind == .unavailable)
        _ = try await client.call(WebAppContract.epochTime, token: trust.token(["time"]))
        auth.lead(to: try Line(trust.auth(), AuthContract.description, trust.verifier))
        _ = try await client.call(WebAppContract.epochTime)
        auth.lead(to: FixedAnswer.nobody)
        _ = try await client.call(WebAppContract.epochTime)
    }

    @Test("goes on with its guest's token to the end while auth is down, and asks for the next one in time")
    func authDownForLong() async throws {
        let now = Mutex(ContinuousClock.now)
        let webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(auth), resource: ServiceRoute(resource),
            clock: { now.withLock(\.self) })
        let client = Client<WebAppContract>(try Line(webApp, WebAppContract.description, trust.verifier))
        let grant = try await Client<AuthContract>(auth).call(AuthContract.create, .guest)
        let lifetime = Duration.seconds(grant.expiresIn)
        _ = try await client.call(WebAppContract.epochTime)
        auth.lead(to: FixedAnswer.nobody)
        now.withLock { $0 += lifetime * 0.9 }
        for _ in 1...3 { _ = try await client.call(WebAppContract.epochTime) }
        now.withLock { $0 += lifetime * 0.2 }
        #expect(await problem { try await client.call(WebAppContract.epochTime) }?.kind == .unavailable)
        #expect(Set(resource.tokens).count == 1)

        auth.lead(to: try Line(trust.auth(), AuthContract.description, trust.verifier))
        _ = try await client.call(WebAppContract.epochTime)
        let last = resource.tokens.last
        let asked = auth.count("auth.create")
        now.withLock { $0 += lifetime * 0.6 }
        _ = try await client.call(WebAppContract.epochTime)
        #expect(resource.tokens.last == last)
        now.withLock { $0 += lifetime * 0.45 }
        _ = try await client.call(WebAppContract.epochTime)
        #expect(resource.tokens.last != last && auth.count("auth.create") == asked + 1)
    }

    @Test("tells visitors where auth lets in no guests")
    func noGuests() async throws {
        auth.lead(to: try Line(trust.auth(guests: []), AuthContract.description, trust.verifier))
        #expect(await problem { try await client.call(WebAppContract.epochTime) }?.kind == .permissionDenied)
    }

    @Test("is ready when it has reached auth and resource, and says what it waits for")
    func readiness() async throws {
        let health = Client<HealthContract>(
            try Line(
                WebAppService(
                    executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(auth), resource: ServiceRoute(resource)),
                WebAppContract.description, trust.verifier))
        _ = try await health.call(HealthContract.check)
        resource.lead(to: FixedAnswer.nobody)
        let refusal = await problem { try await health.call(HealthContract.check) }
        #expect(refusal?.kind == .notReady && refusal?.detail == "Waits for: resource.")
        _ = try await health.call(HealthContract.live)
    }

    @Test("asks in the trace of its visitor")
    func trace() async throws {
        let context = CallContext(endpoint: "test.test", deadline: .now + .seconds(20))
        _ = try await client.call(WebAppContract.epochTime, in: context)
        #expect(resource.traces == [context.trace.traceID])
    }
}
