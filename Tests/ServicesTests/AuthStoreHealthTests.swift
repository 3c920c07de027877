import Background
import Contracts
import Endpoints
import RPC
import Testing
import Waiting

@testable import Auth

@Suite("What auth knows of its store", .timeLimit(.minutes(1)))
struct AuthStoreHealthTests {
    @Test("a call that is given up says nothing of the store")
    func cancelled() async throws {
        let new = try NewStore()
        let auth = try Trust().auth(store: new.store)
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await problem {
                _ = try await auth.query { store throws(StoreError) in try await store.roles() }
            }
        }
        #expect(await call.value?.kind == .cancelled)
        #expect(await auth.health.error == nil)
        await new.store.close()
    }

    @Test("too many who ask at once say nothing of the store")
    func busy() async throws {
        let trust = Trust()
        let auth = try trust.auth()
        try await eventually("the store is tried") { await auth.pendingDependencies() == [] }
        let refusal = await problem {
            _ = try await auth.query { _ throws(StoreError) -> Int in throw .busy }
        }
        #expect(refusal?.kind == .overloaded && refusal?.retryAfter == .seconds(1))
        #expect(await auth.health.error == nil)
    }

    @Test("a write that succeeds says that the store works again, and a read does not")
    func mended() async throws {
        let trust = Trust()
        let new = try NewStore()
        let auth = try trust.auth(store: new.store)
        try await new.add("ada", "correct horse")
        _ = await problem { _ = try await auth.query { _ throws(StoreError) -> Int in throw .readOnly } }
        _ = try await auth.query { store throws(StoreError) in try await store.roles() }
        #expect(await auth.health.error == .readOnly)
        let client = Client<AuthContract>(try Line(auth, AuthContract.description, trust.verifier))
        _ = try await client.call(AuthContract.create, Credentials(user: "ada", password: "correct horse"))
        #expect(await auth.health.error == nil)
    }

    @Test("a store that has gone since it was last tried is reported at once")
    func gone() async throws {
        let new = try NewStore()
        let trust = Trust()
        let auth = try trust.auth(store: new.store)
        try await eventually("the store is tried") { await auth.pendingDependencies() == [] }
        await new.store.close()
        await auth.forgetProbe()
        try await eventually("the store is missed") { await auth.pendingDependencies() == ["its store"] }
    }

    @Test("a store that does not answer in a moment is what it was", arguments: [true, false])
    func slow(isSound: Bool) async throws {
        let trust = Trust()
        let auth = try trust.auth()
        try await eventually("the store is tried") { await auth.pendingDependencies() == [] }
        await auth.tryForEver(isSound ? nil : .locked)
        #expect(await auth.pendingDependencies() == (isSound ? [] : ["its store"]))
    }

    @Test("a store that does not answer is not waited for until the check of readiness has no time left")
    func patience() {
        #expect(AuthService.probeTimeout < HealthContract.check.description.deadline)
    }

    @Test("each new reason is logged, and none twice")
    func reasons() {
        var health = StoreHealth()
        let start = health.record(.full)
        let repeated = health.record(.full)
        let quick = health.record(.readOnly)
        #expect(start && !repeated && !quick && health.error == .readOnly)
        health = StoreHealth()
        let first = health.record(.locked)
        health.logged?.moment -= .seconds(2)
        let other = health.record(.full)
        #expect(first && other)
    }

    @Test("a store that is closed is reported, and called unavailable")
    func closed() async throws {
        let new = try NewStore()
        let auth = try Trust().auth(store: new.store)
        await new.store.close()
        let refusal = await problem {
            _ = try await auth.query { store throws(StoreError) in try await store.roles() }
        }
        #expect(refusal?.kind == .storeUnavailable)
        try await eventually("the store is missed") { await auth.pendingDependencies() == ["its store"] }
    }
}

extension AuthService {
    /// The store is to be tried anew.
    fileprivate func forgetProbe() { health.probed = .now - .seconds(2) }

    /// The store is being tried, and does not answer.
    fileprivate func tryForEver(_ fault: StoreError?) {
        health.error = fault
        health.probe = SingleFlight()
    }
}
