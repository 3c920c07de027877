import Documents
import JOSE
import Measuring
import Metrics
import RPC
import Telemetry
import Testing
import Tokens

@testable import greeter

@Suite("The products by themselves")
struct ProductTests {
    @Test("issue and verify tokens")
    func tokens() async throws {
        let key = SigningKey()
        let issuer = TokenIssuer(key: key, issuer: "https://example.org", audience: "shop")
        let token = try issuer.issue(subject: "ada", permissions: ["greet"]).token

        let verifier = AccessTokenVerifier(
            issuer: "https://example.org", audience: "shop", source: JWKSet([key.publicKey]))
        try await verifier.warmUp()
        let principal = try await verifier.verify(token)
        #expect(principal.subject == "ada" && principal.permissions == ["greet"])
    }

    @Test("write a contract as OpenAPI")
    func documents() throws {
        let openAPI = OpenAPI([GreetingContract.description])
        let yaml = String(decoding: openAPI.yaml, as: UTF8.self)
        #expect(yaml.contains("/api/v1/greeting/{name}"))
    }

    @Test("print metrics for Prometheus")
    func telemetry() {
        let prometheus = Prometheus(help: ["cups_total": "Cups of tea."])
        Counter(label: "cups_total", factory: prometheus).increment()
        #expect(prometheus.text().contains("# HELP cups_total Cups of tea.\n"))
    }

    @Test("measure calls")
    func measuring() async throws {
        let dispatcher = try Dispatcher(
            GreetingService(), contract: GreetingContract.description, verifier: NoTokens())
        let health = Client<HealthContract>(InProcessCaller(dispatcher))
        let sample = await Workload(callers: 4).run(for: .milliseconds(100)) {
            _ = try await health.call(HealthContract.live)
        }
        #expect(sample.latencies.percentile(50) != nil && sample.failures == 0)
    }
}
