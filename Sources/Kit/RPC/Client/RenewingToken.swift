import Background
public import Endpoints
import Synchronization

/// The bearer token of a program that calls others for itself. Each is used until it ends; the next one is requested in the
/// background once half of that time is over, so that no call waits for the issuer before then, or fails because it is away.
///
/// ```swift
/// let own = RenewingToken { () throws(Problem) in
///     let grant = try await issuer.call(IssuerContract.grant, login)
///     return (grant.token, .seconds(grant.expiresIn))
/// }
/// let orders = try await orders.call(OrdersContract.list, OrderFilter(), token: own.value())
/// ```
public final class RenewingToken: Sendable {
    /// Requests a token from its issuer. All who need one meanwhile wait for the same request: it is part of the trace of the
    /// first, and does not end with it.
    public typealias TokenFetch = @Sendable () async throws(Problem) -> (token: String, lifetime: Duration)

    private struct HeldToken {
        let token: String
        let end: ContinuousClock.Instant
        var renewal: ContinuousClock.Instant
    }

    private struct State {
        var held: HeldToken?
        var request: SingleFlight<Result<String, Problem>>?
    }

    /// The pause before the next request after one that has failed while the last token is still valid.
    private static let retryPause = Duration.seconds(1)

    private let state = Mutex(State())
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let fetch: TokenFetch

    /// - Parameters:
    ///   - clock: says how old a token is.
    ///   - fetch: throws the issuer's ``Problem``.
    public init(
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, fetch: @escaping TokenFetch
    ) {
        self.clock = clock
        self.fetch = fetch
    }

    /// The token. A valid one is returned at once, without a change of thread.
    ///
    /// - Throws: the issuer's ``Problem`` if there is no valid token and it gives none; ``Problem/cancelled`` if the task is
    ///   cancelled before.
    public func value() async throws(Problem) -> String {
        switch current(at: clock()) {
        case .held(let token): return token
        case .awaited(let request):
            guard let result = await request.value() else { throw .cancelled }
            return try result.get()
        }
    }

    private enum CurrentToken {
        case held(String)
        case awaited(SingleFlight<Result<String, Problem>>)
    }

    private func current(at now: ContinuousClock.Instant) -> CurrentToken {
        state.withLock { state in
            if let held = state.held, held.end > now, held.renewal > now { return .held(held.token) }
            let request = state.request ?? SingleFlight { await self.renew() }
            state.request = request
            guard let held = state.held, held.end > now else { return .awaited(request) }
            return .held(held.token)
        }
    }

    /// Requests another token for the next call, unless that has happened already: this one was refused.
    public func discard(_ token: String) {
        state.withLock { if $0.held?.token == token { $0.held = nil } }
    }

    private func renew() async -> Result<String, Problem> {
        let start = clock()
        do throws(Problem) {
            let (token, lifetime) = try await fetch()
            let held = HeldToken(token: token, end: start + lifetime, renewal: start + lifetime / 2)
            state.withLock { $0 = State(held: held) }
            return .success(token)
        } catch {
            let retry = clock() + Self.retryPause
            state.withLock { state in
                state.request = nil
                state.held?.renewal = retry
            }
            return .failure(error)
        }
    }
}
