import Metrics
import RPC
import Synchronization
import Tokens

/// The counters of a service's verifier, for Prometheus. They are read when somebody looks, so that no call pays for it.
final class VerifierMetrics: Sendable {
    private let verifier: AccessTokenVerifier
    private let hits: Counter
    private let misses: Counter
    private let remembered: Gauge
    private let denied: Gauge
    private let fetches: Counter
    private let last = Mutex(VerifierStatistics())

    static let help = [
        "token_cache_hits_total": "Tokens whose signature was verified before.",
        "token_cache_misses_total": "Tokens whose signature had to be verified.",
        "token_cache_entries": "Verified tokens that are kept.",
        "revoked_tokens": "Revoked tokens that have not expired.",
        "token_changes_fetched_total": "Requests for the issuer's keys and revocations.",
    ]

    /// `nil` for a verifier without counters.
    init?(_ service: String, _ verifier: any TokenVerifier) {
        guard let verifier = verifier as? AccessTokenVerifier else { return nil }
        self.verifier = verifier
        let dimensions = [("service", service)]
        hits = Counter(label: "token_cache_hits_total", dimensions: dimensions)
        misses = Counter(label: "token_cache_misses_total", dimensions: dimensions)
        remembered = Gauge(label: "token_cache_entries", dimensions: dimensions)
        denied = Gauge(label: "revoked_tokens", dimensions: dimensions)
        fetches = Counter(label: "token_changes_fetched_total", dimensions: dimensions)
    }

    func record() {
        last.withLock { last in
            let now = verifier.statistics
            hits.increment(by: now.hits - last.hits)
            misses.increment(by: now.misses - last.misses)
            remembered.record(now.count)
            denied.record(now.denied)
            fetches.increment(by: now.fetches - last.fetches)
            last = now
        }
    }
}
