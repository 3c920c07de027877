import Endpoints
import Foundation
import RPC
import Synchronization

/// The keys that are known, where to get more, and the tokens that were verified with them.
///
/// They live behind one lock, because what was verified with a key must be forgotten in the moment the key goes.
final class KeyRing: Sendable {
    private struct State {
        var keys: KeySet?
        /// Counts the changes of `keys`.
        var edition = 0
        var schedule = FetchSchedule()
        var verified: VerifiedTokens
        var figures = TokenCacheFigures()
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

    /// Whether there are keys.
    var isReady: Bool { state.withLock { $0.keys?.keys.isEmpty == false } }

    /// Why the last fetch has brought nothing; `nil` where it has brought keys.
    var lastFailure: Problem? { state.withLock { $0.lastFailure } }

    var figures: TokenCacheFigures {
        state.withLock { state in
            var figures = state.figures
            figures.count = state.verified.count
            return figures
        }
    }

    /// Puts a new set in the place of the old one.
    func replace(_ keys: KeySet) {
        state.withLock { state in
            state.lastFailure = nil
            guard keys != state.keys else { return }
            state.keys = keys
            state.edition += 1
            state.verified.forgetAll()
        }
    }

    /// - Returns: the key of this name, and the edition of the set that it is from.
    func key(_ kid: String) -> (VerificationKey, edition: Int)? {
        state.withLock { state in state.keys?.key(kid).map { ($0, state.edition) } }
    }

    func principal(of token: String, at now: Date) -> Principal? {
        state.withLock { state in
            let principal = state.verified.principal(of: token, at: now)
            if principal == nil { state.figures.misses += 1 } else { state.figures.hits += 1 }
            return principal
        }
    }

    /// Remembers a token, unless the keys have changed since it was verified.
    func remember(_ token: String, _ principal: Principal, until deadline: Date, edition: Int) {
        state.withLock { state in
            guard edition == state.edition else { return }
            state.verified.remember(token, principal, until: deadline)
        }
    }

    /// Fetches the keys, or waits for whoever does already, or does nothing where the last fetch was too short a while ago.
    ///
    /// A fetch that fails changes no key. It goes on where the task is cancelled, because others may wait for it.
    func fetch(isUrgent: Bool) async {
        let moment = now()
        switch state.withLock({ $0.schedule.request(at: moment, isUrgent: isUrgent) }) {
        case .refuse: break
        case .join(let flight): await flight.wait()
        case .begin(let flight):
            // It is nobody's child: neither the trace nor the end of the call that happened to come first is the fetch's.
            Task.detached { await self.fly(flight) }
            await flight.wait()
        }
    }

    private func fly(_ flight: Flight) async {
        do throws(Problem) {
            replace(try await source.currentKeys())
        } catch {
            state.withLock { $0.lastFailure = error }
        }
        state.withLock { $0.schedule.end() }
        flight.land()
    }
}
