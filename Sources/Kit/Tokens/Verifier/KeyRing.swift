import Endpoints
import Foundation
import RPC
import Synchronization

/// The keys that are known, the tokens that were revoked, where to hear of more, and the tokens that were verified.
///
/// They live behind one lock, because what was verified must be forgotten in the moment its key goes or it is revoked.
final class KeyRing: Sendable {
    fileprivate struct State {
        var keys: KeySet?
        /// Counts the changes of `keys`.
        var round = 0
        var denied = DenyList()
        /// The version of the source's changes that is known.
        var edition: Edition?
        var schedule = FetchSchedule()
        var verified: VerifiedTokens
        var figures = VerifierFigures()
        var lastFailure: Problem?
    }

    private let state: Mutex<State>
    private let source: any KeySource
    private let now: @Sendable () -> Date

    init(source: any KeySource, cacheLimit: Int, now: @escaping @Sendable () -> Date) {
        state = Mutex(State(verified: VerifiedTokens(limit: cacheLimit)))
        self.source = source
        self.now = now
    }

    /// True if there are keys.
    var isReady: Bool { state.withLock { $0.keys?.keys.isEmpty == false } }

    /// The error of the last fetch; `nil` if it succeeded.
    var lastFailure: Problem? { state.withLock { $0.lastFailure } }

    var edition: Edition? { state.withLock { $0.edition } }

    var figures: VerifierFigures {
        state.withLock { state in
            var figures = state.figures
            figures.count = state.verified.count
            figures.denied = state.denied.count
            return figures
        }
    }

    /// Puts a new set in the place of the old one.
    func replace(_ keys: KeySet) {
        state.withLock { $0.replace(keys) }
    }

    /// Takes in what has changed.
    ///
    /// - Returns: whether nothing is missing between what was known and this.
    func apply(_ changes: TokenChanges) -> Bool {
        let moment = now()
        return state.withLock { $0.apply(changes, at: moment) }
    }

    /// - Returns: the key of this name, and the round of the set that it is from.
    func key(_ kid: String) -> (VerificationKey, round: Int)? {
        state.withLock { state in state.keys?.key(kid).map { ($0, state.round) } }
    }

    func principal(of token: String, at now: Date) -> Principal? {
        state.withLock { state in
            let principal = state.verified.principal(of: token, at: now)
            if principal == nil { state.figures.misses += 1 } else { state.figures.hits += 1 }
            return principal
        }
    }

    /// Lets a token in that was verified with a key of this round, and remembers it unless the keys have changed since.
    ///
    /// - Returns: whether it may come in; one that was revoked may not.
    func admit(_ token: String, _ principal: Principal, until deadline: Date, round: Int) -> Bool {
        state.withLock { state in
            guard !state.denied.denies(principal) else { return false }
            if round == state.round { state.verified.remember(token, principal, until: deadline) }
            return true
        }
    }

    /// Fetches what is not known, or waits for whoever does already, or does nothing where the last fetch was too short
    /// a while ago.
    ///
    /// A fetch that fails changes nothing. It goes on where the task is cancelled, because others may wait for it.
    func fetch(isUrgent: Bool) async {
        let moment = now()
        switch state.withLock({ $0.schedule.request(at: moment, isUrgent: isUrgent) }) {
        case .refuse: break
        case .join(let flight): await flight.wait()
        case .begin(let flight):
            state.withLock { $0.figures.fetches += 1 }
            // It is nobody's child: neither the trace nor the end of the call that happened to come first is the fetch's.
            Task.detached { await self.fly(flight) }
            await flight.wait()
        }
    }

    private func fly(_ flight: Flight) async {
        do throws(Problem) {
            var changes = try await source.changes(since: edition)
            while true {
                let isRead = apply(changes)
                guard !isRead || changes.isPart else { break }
                changes = try await source.changes(since: isRead ? changes.edition : nil)
            }
            state.withLock { $0.lastFailure = nil }
        } catch {
            state.withLock { $0.lastFailure = error }
        }
        state.withLock { $0.schedule.end() }
        flight.land()
    }
}

extension KeyRing.State {
    fileprivate mutating func replace(_ keys: KeySet) {
        guard keys != self.keys else { return }
        self.keys = keys
        round += 1
        verified.forgetAll()
    }

    fileprivate mutating func apply(_ changes: TokenChanges, at now: Date) -> Bool {
        if changes.since > 0 {
            guard let edition, edition.series == changes.series, edition.number >= changes.since else { return false }
            guard edition.number < changes.number else { return true }
        }
        // What was revoked stays revoked, even if the whole state is sent anew.
        denied.deny(changes.revoked, at: now)
        if !changes.revoked.isEmpty { verified.forget(where: denied.denies) }
        edition = changes.edition
        // Keys are of use once all is known that speaks against tokens.
        if !changes.isPart { replace(changes.jwks) }
        return true
    }
}
