import Background
public import Endpoints
public import Foundation
public import JOSE
import JSON
public import RPC
public import Trust

/// Verifies access tokens here, with the issuer's public keys and without a call to it (RFC 8725; RFC 9068, section 4).
///
/// A token is accepted if its header says EdDSA, `at+jwt` and the name of a known key; that key has signed it; and
/// its claims name the expected issuer and audience, a subject and an id, and a time that is now, give or take 30
/// seconds. Nothing in a token is ever used as an address or a key. Verified tokens are remembered for up to 60
/// seconds; all are forgotten at once when the keys change, and one when it is revoked. A remembered one costs a
/// look-up and no change of thread.
public final class AccessTokenVerifier: TokenVerifier {
    /// Bytes. A longer token is refused unread.
    public static let maxTokenLength = 8192
    /// Seconds for which a verified token is remembered at the most.
    static let cacheTTL: TimeInterval = 60
    /// The most tokens that are remembered.
    public static let cacheLimit = 10_000

    private let rules: ClaimsValidator
    let trust: TrustStore
    private let source: any IssuerClient
    private let now: @Sendable () -> Date
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - issuer: what `iss` must be.
    ///   - audience: what `aud` must be or contain.
    ///   - source: where keys and revocations come from. It is asked by ``warmUp(failed:)``, by ``resync()``, and when a
    ///     token names a key that is not known: then at most once in 10 seconds, however many such tokens come.
    ///   - cacheLimit: the most tokens that are remembered, at least 2.
    ///   - now: the wall clock.
    public convenience init(
        issuer: String, audience: String, source: any IssuerClient, cacheLimit: Int = cacheLimit,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.init(issuer: issuer, audience: audience, source: source, cacheLimit: cacheLimit, now: now) {
            try await Task.sleep(for: $0)
        }
    }

    init(
        issuer: String, audience: String, source: any IssuerClient, cacheLimit: Int = cacheLimit,
        now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        rules = ClaimsValidator(issuer: issuer, audience: audience)
        self.source = source
        trust = TrustStore(source: source, cacheLimit: cacheLimit, now: now)
        self.now = now
        self.sleep = sleep
    }

    /// True if there are keys to verify with. Until then ``verify(_:)`` answers 503.
    public var isReady: Bool { trust.isReady }

    /// Counters since the start.
    public var statistics: VerifierStatistics { trust.statistics }

    /// Puts a new set of keys in the place of the old one, as the issuer does when its keys change. Tokens of keys that are
    /// not in it stop at once.
    public func replaceKeys(_ keys: JWKSet) {
        trust.replace(keys)
    }

    /// Takes in what has changed, as the issuer does in its own process.
    ///
    /// - Returns: true if nothing is missing between what was known and this.
    @discardableResult
    public func apply(_ changes: TrustUpdates) -> Bool {
        trust.apply(changes)
    }

    /// The principal of a token that was verified within the last 60 seconds, and neither revoked nor expired since.
    public func remembered(_ token: String) -> Principal? { trust.principal(of: token, at: now()) }

    /// Says who shows a token.
    ///
    /// - Throws: ``Problem/Kind/tokenExpired`` for a token that was good once; ``Problem/Kind/tokenInvalid`` for any
    /// other, with the same text whatever is wrong with it; ``Problem/Kind/unavailable`` while there are no keys, or
    /// if its key is not known and the last attempt to fetch keys has failed; ``Problem/Kind/cancelled`` if the task
    /// is cancelled while it waits for them.
    public func verify(_ token: String) async throws(Problem) -> Principal {
        guard token.utf8.count <= Self.maxTokenLength else { throw .tokenInvalid }
        if let principal = remembered(token) { return principal }
        trust.countMiss()
        return try await verifyAnew(token)
    }

    private func verifyAnew(_ token: String) async throws(Problem) -> Principal {
        guard let parts = JWSCompact(token), parts.header.isOfAccessToken else { throw .tokenInvalid }
        let (key, generation) = try await key(parts.header.kid)
        guard key.verifies(parts) else { throw .tokenInvalid }
        let moment = now()
        let principal = try rules.principal(parts.payload, at: moment)
        let deadline = min(principal.expires + ClaimsValidator.leeway, moment + Self.cacheTTL)
        guard trust.cache(token, principal, until: deadline, generation: generation) else { throw .tokenInvalid }
        return principal
    }

    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        try await source.confirm(permission, context)
    }

    /// Fetches keys, again and again with growing pauses, until there are some. Start it with the process; the service
    /// may answer meanwhile.
    ///
    /// - Parameter failed: called with each failure, to log it.
    /// - Throws: `CancellationError` if the task is cancelled.
    public func warmUp(failed: (Problem) -> Void = { _ in }) async throws {
        var backoff = Backoff(initial: .milliseconds(100), max: .seconds(5))
        while !isReady {
            try Task.checkCancellation()
            await trust.fetch(isUrgent: true)
            guard !isReady else { return }
            if let problem = trust.lastFailure { failed(problem) }
            try await sleep(backoff.next())
        }
    }

    /// The key of this name, fetched if it is not known.
    private func key(_ kid: String) async throws(Problem) -> (JWK, generation: Int) {
        if let known = trust.key(kid) { return known }
        await trust.fetch(isUrgent: false)
        if let fetched = trust.key(kid) { return fetched }
        guard !Task.isCancelled else { throw Problem(.cancelled, "The call was cancelled while it waited for keys.") }
        guard isReady else { throw .noKeys("Tokens cannot be verified yet: the issuer's keys have not come.") }
        // The key may be a new one that could not be fetched: that says nothing about the token.
        guard trust.lastFailure == nil else {
            throw .noKeys("The token's key is not known, and cannot be asked for now.")
        }
        throw .tokenInvalid
    }
}

extension Problem {
    fileprivate static func noKeys(_ detail: String) -> Problem {
        // Before a handler nothing is processed; one that verifies a token by itself may have done something.
        Problem(.unavailable, detail, retryAfter: .seconds(1), isUnprocessed: true).from(.call)
    }
}

extension AccessTokenVerifier: EventSubscriber {
    /// The position in the issuer's changes; `nil` before the first response.
    public var position: StreamPosition? { trust.position }

    @discardableResult
    public func apply(_ event: Event) -> Bool {
        guard !event.body.isEmpty else { return event.position == trust.position }
        // One that cannot be read counts as lost.
        guard let changes = try? JSONCoding.decode(TrustUpdates.self, from: event.body) else { return false }
        return !changes.hasMore && apply(changes)
    }

    public func resync() async throws(Problem) {
        await trust.fetch(isUrgent: true)
        if let failure = trust.lastFailure { throw failure }
    }
}

/// Counters of a verifier since the process started.
public struct VerifierStatistics: Sendable, Hashable {
    /// Tokens that were remembered.
    public internal(set) var hits = 0
    /// Tokens that had to be verified, valid or not.
    public internal(set) var misses = 0
    /// Tokens that are remembered now.
    public internal(set) var count = 0
    /// Tokens that are known to be revoked now.
    public internal(set) var denied = 0
    /// The number of times that the source was asked for keys and revocations. Events that come make it unnecessary.
    public internal(set) var fetches = 0

    /// The figures of a verifier; the parameters are the properties.
    public init(hits: Int = 0, misses: Int = 0, count: Int = 0, denied: Int = 0, fetches: Int = 0) {
        self.hits = hits
        self.misses = misses
        self.count = count
        self.denied = denied
        self.fetches = fetches
    }
}

/// Remembers tokens that have been verified, so that the next call need not do it again.
struct VerifiedTokenCache {
    /// A token, hashed by the end of its signature alone: a quarter of the work, and no attacker can make tokens collide
    /// whose signatures must be good before they are remembered.
    private struct CacheKey: Hashable {
        let token: String

        /// Strings are equal if they look the same, as K and the sign for kelvin do; here bytes count. ASCII has no
        /// other spelling of as many bytes.
        static func == (one: CacheKey, other: CacheKey) -> Bool {
            one.token.utf8.count == other.token.utf8.count && one.token == other.token
        }

        func hash(into hasher: inout Hasher) {
            var token = token
            token.withUTF8 { bytes in
                hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes.suffix(32))))
            }
        }
    }

    private struct CachedToken {
        let principal: Principal
        let deadline: Date
    }

    private var entries: RecentEntries<CacheKey, CachedToken>

    /// - Parameter limit: the most tokens that are remembered, at least 2.
    init(limit: Int) {
        entries = RecentEntries(limit: limit)
    }

    var count: Int { entries.count }

    /// - Returns: whose token it is, or `nil` if that is not remembered, or not any more.
    mutating func principal(of token: String, at now: Date) -> Principal? {
        guard let entry = entries.use(CacheKey(token: token)), entry.deadline > now else { return nil }
        return entry.principal
    }

    /// Remembers whose token it is, until it must be verified again.
    mutating func remember(_ token: String, _ principal: Principal, until deadline: Date) {
        entries[CacheKey(token: token)] = CachedToken(principal: principal, deadline: deadline)
    }

    mutating func forgetAll() { entries.removeAll() }

    /// Forgets the tokens of some principals. It visits all: revocations are rare, look-ups are not.
    mutating func forget(where isGone: (Principal) -> Bool) {
        entries.remove { isGone($0.principal) }
    }
}
