import Auth
import AuthPostgres
import AuthSQLite
import Contracts
import Endpoints
import Foundation
import JOSE
import JSON
import Postgres
import PostgresServer
import RPC
import Synchronization
import TemporaryFiles
import Testing
import Tokens
import Trust

@Suite("Auth's keeper of trust", .timeLimit(.minutes(1)))
struct TrustSynchronizerTests {
    /// A wall clock that moves on command.
    final class Clock: Sendable {
        private let time = Mutex(second(0))
        var now: Date { time.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }
    }

    /// Hands events to a service's verifier, unless they are lost on the way.
    final class Wire: EventPublisher {
        let service = Mutex<AccessTokenVerifier?>(nil)
        let isCut = Atomic(false)
        let count = Atomic(0)

        func publish(_ event: Event) async {
            count.add(1, ordering: .relaxed)
            guard !isCut.load(ordering: .relaxed), let service = service.withLock({ $0 }) else { return }
            if !service.apply(event) { try? await service.resync() }
        }
    }

    /// Auth with a store, and a service that trusts it.
    struct Family {
        let clock = Clock()
        let wire = Wire()
        let store: any AuthStore
        let issuer: TokenIssuer
        let own: AccessTokenVerifier
        let keeper: TrustSynchronizer
        let service: AccessTokenVerifier

        /// - Parameter isWarm: whether the service has auth's keys; not where the store is not there yet.
        init(_ store: any AuthStore, period: TimeInterval? = nil, isWarm: Bool = true) async throws {
            let clock = clock
            self.store = store
            issuer = TokenIssuer(key: nil, issuer: "auth", audience: "star") { clock.now }
            try? await store.makeFirstKey(at: clock.now)
            own = AccessTokenVerifier(issuer: "auth", audience: "star", source: LocalIssuer(store)) { clock.now }
            keeper = await TrustSynchronizer.begin(
                store, issuer: issuer, verifier: own,
                schedule: KeyRotationPolicy(announcement: 300, tokenLifetime: 300, period: period),
                topic: "auth.trust_updates",
                publisher: wire, now: { clock.now })
            service = AccessTokenVerifier(issuer: "auth", audience: "star", source: keeper) { clock.now }
            if isWarm { try await service.warmUp() }
            wire.service.withLock { [service] in $0 = service }
        }

        func issue() throws -> AccessToken { try issuer.issue(subject: "ada", permissions: ["time"]) }

        func isGood(_ token: String) async -> (own: Bool, service: Bool) {
            let verdicts = [try? await own.verify(token), try? await service.verify(token)]
            return (verdicts[0] != nil, verdicts[1] != nil)
        }
    }

    @Test("makes the first key, which all who start at once share", arguments: StoreKind.all)
    func begins(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let (one, other) = (try await Family(store), try await Family(store))
            #expect(try await store.keys().map(\.state) == [.signing])
            let token = try one.issue().token
            #expect(await other.isGood(token) == (true, true))
            #expect(try await one.keeper.currentKeys() == other.keeper.currentKeys())
        }
    }

    @Test("refuses no good token across a rotation, and none of a key that is over is good", arguments: StoreKind.all)
    func rotation(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store, period: 3600)
            var tokens: [(token: AccessToken, kid: String)] = []
            var kids: Set<String> = []
            // A token every ten seconds, for three hours: three rotations.
            for _ in 0..<(3 * 360) {
                family.clock.advance(10)
                await family.keeper.refresh()
                let issued = try family.issue()
                tokens.append((issued, try kid(of: issued.token)))
                kids.insert(tokens[tokens.count - 1].kid)
                tokens.removeAll { $0.token.expires <= family.clock.now }
                for token in tokens.suffix(1) + tokens.prefix(1) {
                    #expect(await family.isGood(token.token.token) == (true, true))
                }
            }
            #expect(kids.count == 4)
            let states = try await store.keys().map(\.state)
            #expect(states.count { $0 == .signing } == 1 && states.first == .retired)
            #expect(try await family.keeper.currentKeys().keys.count <= 2)
        }
    }

    @Test("publishes a key before it signs, and retires one at once where that is asked for", arguments: StoreKind.all)
    func byHand(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            let old = try family.issue().token
            let next = StoredKey(SigningKey(), announced: family.clock.now)
            #expect(try await store.announce(next, entry(.keyAnnounced, of: next.kid)))
            await family.keeper.refresh()
            #expect(try await family.keeper.currentKeys().keys.map(\.kid).contains(next.kid))
            #expect(try kid(of: family.issue().token) != next.kid)
            #expect(try await store.promote(next.kid, entry(.keyPromoted, of: next.kid, at: family.clock.now)))
            await family.keeper.refresh()
            let new = try family.issue().token
            #expect(try kid(of: new) == next.kid)
            for token in [old, new] { #expect(await family.isGood(token) == (true, true)) }
            #expect(try await store.retire(kid(of: old), entry(.keyRetired)))
            await family.keeper.refresh()
            #expect(await family.isGood(old) == (false, false))
            #expect(await family.isGood(new) == (true, true))
        }
    }

    @Test("tells of a revocation at once, or whoever has missed it when it asks", arguments: StoreKind.all)
    func revocation(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            func revoke() async throws -> String {
                let issued = try family.issue()
                #expect(await family.isGood(issued.token) == (true, true))
                try await store.revoke(
                    TokenReference(id: issued.id, expires: issued.expires), entry(.tokenRevoked, of: issued.id))
                await family.keeper.refresh()
                return issued.token
            }
            let told = try await revoke()
            #expect(await family.isGood(told) == (false, false))
            family.wire.isCut.store(true, ordering: .relaxed)
            let lost = try await revoke()
            #expect(await family.isGood(lost) == (false, true))
            family.wire.isCut.store(false, ordering: .relaxed)
            let next = try await revoke()
            for token in [told, lost, next] { #expect(await family.isGood(token) == (false, false)) }
        }
    }

    @Test("takes over the keys of a back-up that is put in the store's place, though its numbers are the same")
    func otherStore() async throws {
        let directory = TemporaryDirectory()
        let (family, other) = (try await Family(try SQLiteStore(directory.file)), try await backUp(in: directory))
        let old = try family.issue().token
        #expect(await family.isGood(old) == (true, true))
        try SQLiteStore.restore(other.copy, to: directory.file)
        await family.keeper.refresh()
        let new = try family.issue().token
        #expect(try kid(of: new) == other.kid)
        #expect(try await family.keeper.currentKeys().keys.map(\.kid) == [other.kid])
        #expect(await family.isGood(old) == (false, false))
        #expect(await family.isGood(new) == (true, true))
        await family.store.close()
    }

    /// A back-up of a store with one key.
    private func backUp(in directory: TemporaryDirectory) async throws -> (copy: URL, kid: String) {
        let family = try await Family(try SQLiteStore(directory.url.appending(path: "other.sqlite")))
        let copy = directory.url.appending(path: "copy.sqlite")
        try await (family.store as? SQLiteStore)?.backUp(to: copy)
        await family.store.close()
        return (copy, try kid(of: family.issue().token))
    }

    @Test("publishes a revocation that has the number of one that a back-up has undone")
    func restored() async throws {
        let directory = TemporaryDirectory()
        let store = try SQLiteStore(directory.file)
        let (family, copy) = (try await Family(store), directory.url.appending(path: "copy.sqlite"))
        try await store.backUp(to: copy)
        let tokens = [try family.issue(), try family.issue()]
        for token in tokens {
            try SQLiteStore.restore(copy, to: directory.file)
            try await store.revoke(TokenReference(id: token.id, expires: token.expires), entry(.tokenRevoked))
            await family.keeper.refresh()
            #expect(await family.isGood(token.token) == (false, false))
        }
        await store.close()
    }

    @Test("takes over another store in PostgreSQL, and the first one again, though their numbers are the same")
    func otherSchema() async throws {
        let address = try ConnectionURL(await PostgresServer.shared.makeDatabase())
        let (store, pool) = (PostgresStore(address), Pool(address, settings: PoolSettings()))
        let family = try await Family(store)
        let first = try family.issue().token
        try await pool.run { _ = try $0.run("ALTER SCHEMA star_auth RENAME TO away") }
        let other = PostgresStore(address)
        let second = try await Family(other).issue().token
        await other.close()
        await family.keeper.refresh()
        #expect(try kid(of: family.issue().token) == kid(of: second))
        #expect(await family.isGood(second) == (true, true))
        #expect(await family.isGood(first) == (false, false))
        try await pool.run { _ = try $0.run("DROP SCHEMA star_auth CASCADE") }
        try await pool.run { _ = try $0.run("ALTER SCHEMA away RENAME TO star_auth") }
        await family.keeper.refresh()
        #expect(try kid(of: family.issue().token) == kid(of: first))
        #expect(await family.isGood(first) == (true, true))
        #expect(await family.isGood(second) == (false, false))
        await store.close()
        await pool.close()
    }

    @Test("says nothing where nothing has changed", arguments: StoreKind.all)
    func quiet(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            let before = family.wire.count.load(ordering: .relaxed)
            for _ in 1...10 { await family.keeper.refresh() }
            #expect(family.wire.count.load(ordering: .relaxed) == before)
        }
    }

    @Test("tells a newcomer thousands of revocations, page by page", arguments: StoreKind.all)
    func many(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            let count = TrustUpdates.page + 5
            var tokens: [AccessToken] = []
            for number in 0..<count {
                let issued = try family.issue()
                if number % 500 == 0 || number == count - 1 { tokens.append(issued) }
                try await store.revoke(TokenReference(id: issued.id, expires: issued.expires), entry(.tokenRevoked))
            }
            let clock = family.clock
            let newcomer = AccessTokenVerifier(issuer: "auth", audience: "star", source: family.keeper) { clock.now }
            try await newcomer.warmUp()
            #expect(newcomer.statistics.denied == count)
            await family.keeper.refresh()
            for token in tokens {
                #expect((try? await newcomer.verify(token.token)) == nil)
                #expect(await family.isGood(token.token) == (false, false))
            }
        }
    }

    @Test("goes on with what it knows while the store is away, and says so to whoever asks for more")
    func away() async throws {
        let store = MemoryStore()
        let family = try await Family(store)
        let token = try family.issue().token
        await store.close()
        await family.keeper.refresh()
        #expect(await family.isGood(token) == (true, true))
        #expect(await family.isGood(try family.issue().token) == (true, true))
        let problem = await #expect(throws: Problem.self) { try await family.keeper.changes(since: nil) }
        #expect(problem?.kind == .storeUnavailable)
    }

    @Test("makes no key in place of those that a back-up lacks, and goes on with those it has")
    func emptied() async throws {
        let directory = TemporaryDirectory()
        let (store, copy) = (try SQLiteStore(directory.file), directory.url.appending(path: "copy.sqlite"))
        try await store.backUp(to: copy)
        let family = try await Family(store)
        let token = try family.issue().token
        try SQLiteStore.restore(copy, to: directory.file)
        await family.keeper.refresh()
        #expect(try await store.keys().isEmpty)
        #expect(await family.isGood(token) == (true, true))
        await store.close()
    }

    @Test("has no answer before there is a key, rather than an empty one")
    func keyless() async throws {
        let store = MemoryStore()
        await store.close()
        let family = try await Family(store, isWarm: false)
        for question in [
            { @Sendable in _ = try await family.keeper.currentKeys() },
            { @Sendable in _ = try await family.keeper.changes(since: nil) },
        ] {
            let problem = await #expect(throws: Problem.self) { try await question() }
            #expect(problem?.status == 503 && problem?.retryAfter == .seconds(1))
        }
        #expect(!family.own.isReady && !family.service.isReady)
    }

    @Test("does not take a token whose key it may have missed for a wrong one", arguments: StoreKind.all)
    func unknownKey(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            let stranger = TokenIssuer(key: SigningKey(), issuer: "auth", audience: "star") { family.clock.now }
            let token = try stranger.issue(subject: "ada", permissions: []).token
            let wrong = await #expect(throws: Problem.self) { try await family.own.verify(token) }
            #expect(wrong?.kind == .tokenInvalid)
            await store.close()
            family.clock.advance(10)
            let unknown = await #expect(throws: Problem.self) { try await family.own.verify(token) }
            #expect(unknown?.status == 503)
        }
    }

    @Test("confirms in auth's own endpoints what the store says", arguments: StoreKind.all)
    func confirmed(_ kind: StoreKind) async throws {
        try await kind.open { store in
            let family = try await Family(store)
            let issued = try family.issue()
            let principal = try await family.own.verify(issued.token)
            let context = CallContext(endpoint: "auth.lock", principal: principal, token: issued.token)
            try await family.own.confirm("users", context)
            try await store.revoke(TokenReference(id: issued.id, expires: issued.expires), entry(.tokenRevoked))
            let problem = await #expect(throws: Problem.self) { try await family.own.confirm("users", context) }
            #expect(problem?.kind == .tokenInvalid)
        }
    }

    private func kid(of token: String) throws -> String {
        var text = String(token.split(separator: ".")[0]).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        let header = try #require(Data(base64Encoded: text))
        return try #require(JSONValue(json: header)["kid"]?.string)
    }
}
