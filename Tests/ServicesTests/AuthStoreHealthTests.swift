import Contracts
import Endpoints
import RPC
import Testing

@testable import Auth

@Suite("What auth knows of its store")
struct AuthStoreHealthTests {
    @Test("a call that is given up says nothing of the store")
    func cancelled() async throws {
        let new = try NewStore()
        let auth = try Trust().auth(store: new.store)
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await problem {
                _ = try await auth.ask { store throws(StoreError) in try await store.roles() }
            }
        }
        #expect(await call.value?.kind == .cancelled)
        #expect(await auth.health.fault == nil)
        await new.store.close()
    }

    @Test("a store that is closed is told of, and called unavailable")
    func closed() async throws {
        let new = try NewStore()
        let auth = try Trust().auth(store: new.store)
        await new.store.close()
        let refusal = await problem {
            _ = try await auth.ask { store throws(StoreError) in try await store.roles() }
        }
        #expect(refusal?.kind == .storeUnavailable)
        #expect(await auth.waitsFor() == ["its store"])
    }
}
