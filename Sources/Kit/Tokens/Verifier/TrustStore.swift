import Background
import Endpoints
import Foundation
import JOSE
import RPC
import Synchronization
import Trust

/// The keys that are known, the tokens that were revoked, where to learn of more, and the tokens that were verified.
///
/// They live behind one lock, because a verified token must be forgotten as soon as its key goes or it is revoked.
final class TrustStore: Sendable {
    fileprivate struct State {
        var keys: JWKSet?
        /// Counts the changes of `keys`.
        var generation = 0
        var denied = RevocationList()
        /// The version of the source's changes that is known.
        var position: StreamPosition?
        var schedule = RefetchPolicy()
        var verified: VerifiedTokenCache
        var statistics = VerifierStatistics()
        var lastFailure: Problem?
    }

    private let state: Mutex<State>
    private let source: any IssuerClient
    private let now: @Sendable () -> Date

    init(source: any IssuerClient, cacheLimit: Int, now: @escaping @Sendable () -> Date) {
        state = Mutex(State(verified: VerifiedTokenCache(limit: cacheLimit)))
        self.source = source
        self.now = now
    }

    /// True if there are keys.
    var isReady: Bool { state.withLock { $0.keys?.keys.isEmpty == false } }

    /// The error of the last fetch; `nil` if it succeeded.
    var lastFailure: Problem? { state.withLock { $0.lastFailure } }

    var position: StreamPosition? { state.withLock { $0.position } }

    var statistics: VerifierStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.count = state.verified.count
            statistics.denied = state.denied.count
            return statistics
        }
    }

    /// Puts a new set in the place of the old one.
    func replace(_ keys: JWKSet) {
        state.withLock { $0.replace(keys) }
    }

    /// Takes in what has changed.
    ///
    /// - Returns: true if nothing is missing between what was known and this.
    func apply(_ changes: TrustUpdates) -> Bool {
        let moment = now()
        return state.withLock { $0.apply(changes, at: moment) }
    }

    /// - Returns: the key of this name, and the generation of the set that it is from.
    func key(_ kid: String) -> (JWK, generation: Int)? {
        state.withLock { state in state.keys?.key(kid).map { ($0, state.generation) } }
    }

    func principal(of token: String, at now: Date) -> Principal? {
        state.withLock { state in
            let principal = state.verified.principal(of: token, at: now)
            if principal != nil { state.statistics.hits += 1 }
            return principal
        }
    }

    func countMiss() {
        state.withLock { $0.statistics.misses += 1 }
    }

    /// Lets a token in that was verified with a key of this generation, and remembers it unless the keys have changed since.
    ///
    /// - Returns: true if it may come in; one that was revoked may not.
    func cache(_ token: String, _ principal: Principal, until deadline: Date, generation: Int) -> Bool {
        state.withLock { state in
            guard !state.denied.denies(principal) else { return false }
            if generation == state.generation { state.verified.remember(token, principal, until: deadline) }
            return true
        }
    }

    /// Fetches what is not known, or waits for whoever does already, or does nothing if the last fetch was too short
    /// a while ago.
    ///
    /// A fetch that fails changes nothing. It goes on if the task is cancelled, because others may wait for it.
    func fetch(isUrgent: Bool) async {
        let moment = now()
        switch state.withLock({ $0.schedule.request(at: moment, isUrgent: isUrgent) }) {
        case .refuse: break
        case .join(let flight): await flight.value()
        case .begin(let flight):
            state.withLock { $0.statistics.fetches += 1 }
            // Detached from the call that happened to come first: the fetch has neither its trace nor its deadline.
            Task.detached { await self.fetch(flight) }
            await flight.value()
        }
    }

    private func fetch(_ flight: SingleFlight<Void>) async {
        do throws(Problem) {
            var changes = try await source.changes(since: position)
            while true {
                let isRead = apply(changes)
                guard !isRead || changes.hasMore else { break }
                changes = try await source.changes(since: isRead ? changes.position : nil)
            }
            state.withLock { $0.lastFailure = nil }
        } catch {
            state.withLock { $0.lastFailure = error }
        }
        state.withLock { $0.schedule.end() }
        flight.complete(with: ())
    }
}

extension TrustStore.State {
    fileprivate mutating func replace(_ keys: JWKSet) {
        guard keys != self.keys else { return }
        self.keys = keys
        generation += 1
        verified.forgetAll()
    }

    fileprivate mutating func apply(_ changes: TrustUpdates, at now: Date) -> Bool {
        if changes.since > 0 {
            guard let position, position.epoch == changes.epoch, position.sequence >= changes.since else {
                return false
            }
            guard position.sequence < changes.sequence else { return true }
        }
        // Revocations stay, even if the whole state is sent anew.
        denied.deny(changes.revoked, at: now)
        if !changes.revoked.isEmpty { verified.forget(where: denied.denies) }
        position = changes.position
        // Keys are of use once all is known that speaks against tokens.
        if !changes.hasMore { replace(changes.jwks) }
        return true
    }
}

/// The tokens that were revoked, each until its end.
///
/// It is bounded, and errs on the safe side: if more are revoked than it holds, it drops their ids and denies
/// every token that ends no later than they do. Whoever has one must get a new one.
struct RevocationList {
    /// Some 20 MB of names.
    static let limit = 100_000

    private let limit: Int
    /// The times at which each may be forgotten.
    private var ends: [String: Date] = [:]
    /// Tokens are denied that end by then.
    private var cutOff = Date.distantPast
    /// With so many names, those that may be forgotten are.
    private var sweep = 1024

    init(limit: Int = limit) {
        self.limit = limit
    }

    var count: Int { ends.count }

    func denies(_ principal: Principal) -> Bool {
        principal.expires <= cutOff || ends[principal.tokenID] != nil
    }

    mutating func deny(_ tokens: [RevokedToken], at now: Date) {
        for token in tokens { ends[token.jti] = Date(timeIntervalSince1970: Double(token.exp)) }
        guard ends.count > min(sweep, limit) else { return }
        ends = ends.filter { $0.value + ClaimsValidator.leeway > now }
        sweep = max(1024, ends.count * 2)
        guard ends.count > limit else { return }
        cutOff = ends.values.reduce(cutOff, max)
        ends = [:]
    }
}
