import Endpoints
import RPC
import Telemetry
import Tokens

extension PrometheusHistogram: ExemplarTimerHandler {}

/// The metrics of a service that can be read at any time, so that nothing has to be counted.
enum DispatcherMetrics {
    private static let build = "service_build_info"

    static let help = [build: "1, with the version of the contract that the service keeps."]

    static func add(to prometheus: Prometheus, _ contract: ContractDescriptor, _ dispatcher: Dispatcher) {
        let service = ("service", contract.name)
        prometheus.observe(build, .gauge, dimensions: [service, ("version", contract.version)]) { 1 }
        prometheus.observe(MetricsObserver.MetricName.inFlight, .gauge, dimensions: [service]) {
            Double(dispatcher.callsInFlight)
        }
    }
}

/// The counters of a service's verifier. They are read when somebody looks, so that no call pays for it.
enum VerifierMetrics {
    static let help = [
        "token_cache_hits_total": "Tokens whose signature was verified before.",
        "token_cache_misses_total": "Tokens whose signature had to be verified.",
        "token_cache_entries": "Verified tokens that are kept.",
        "revoked_tokens": "Revoked tokens that have not expired.",
        "trust_updates_fetched_total": "Requests for the issuer's keys and revocations.",
    ]

    /// Adds the counters, if the verifier has some.
    static func add(to prometheus: Prometheus, _ service: String, _ verifier: any TokenVerifier) {
        guard let verifier = verifier as? AccessTokenVerifier else { return }
        let metrics: [(String, ObservedMetric.MetricType, @Sendable (VerifierStatistics) -> Int)] = [
            ("token_cache_hits_total", .counter, { $0.hits }), ("token_cache_misses_total", .counter, { $0.misses }),
            ("token_cache_entries", .gauge, { $0.count }), ("revoked_tokens", .gauge, { $0.denied }),
            ("trust_updates_fetched_total", .counter, { $0.fetches }),
        ]
        for (name, kind, value) in metrics {
            prometheus.observe(name, kind, dimensions: [("service", service)]) { Double(value(verifier.statistics)) }
        }
    }
}
