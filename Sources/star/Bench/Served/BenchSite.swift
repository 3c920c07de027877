import Contracts
import Endpoints
import EventLoop
import HTTPTransport
import Hosting
import JOSE
import RPC
import Resource
import Tokens
import ZeroMQ
import ZeroMQTransport

/// The services that a benchmark calls: the resource service as it is, and an echo for payloads of any size, with
/// tokens checked as ever.
struct BenchSite {
    let thread: SocketThread
    let resource: Dispatcher
    let echo: Dispatcher
    /// The tokens that both accept.
    let tokens: [String]

    /// - Parameter isCold: true if there are more tokens than are remembered, so that whoever shows them in turn has
    /// each verified anew.
    init(isCold: Bool = false) throws {
        let key = SigningKey()
        let keys = JWKSet([key.publicKey])
        let verifier = AccessTokenVerifier(
            issuer: "bench", audience: "bench", source: keys,
            cacheLimit: isCold ? 2 : AccessTokenVerifier.cacheLimit)
        verifier.replaceKeys(keys)
        let issuer = TokenIssuer(key: key, issuer: "bench", audience: "bench", lifetime: .seconds(86_400))
        tokens = try (0..<(isCold ? 16 : 1)).map { _ in
            try issuer.issue(subject: "bench", permissions: ["time"]).token
        }
        thread = try SocketThread(name: "bench", spinTime: CommonSettings.defaultSpinTime)
        resource = try Dispatcher(
            ResourceService(executor: thread), contract: ResourceContract.description, verifier: verifier,
            maxInFlight: ZeroMQFront.Limits().maxInFlight)
        echo = try Dispatcher(
            EchoService(executor: thread), contract: EchoContract.description, verifier: verifier)
    }

    /// Serves both over ZeroMQ, each at an address of its own.
    ///
    /// - Parameter address: makes the address of the service with this name.
    func serve(
        in context: Context, security: SocketOptions.Security = .none, at address: (String) throws -> Address
    ) async throws -> Serving {
        var serving = Serving()
        for (name, dispatcher) in [(ResourceContract.name, resource), (EchoContract.name, echo)] {
            let front = ZeroMQFront(
                dispatcher, on: thread, context: context, addresses: [try address(name)], security: security)
            serving.addresses += try await front.start()
            serving.fronts.append(front)
        }
        return serving
    }

    /// Serves both over HTTP.
    func serveHTTP() async throws -> Serving {
        var serving = Serving()
        for dispatcher in [resource, echo] {
            let front = try HTTPFront(dispatcher)
            serving.addresses += try await front.start()
            serving.fronts.append(front)
        }
        return serving
    }

    /// Fronts that listen.
    struct Serving {
        /// Of the resource service, and of the echo.
        var addresses: [String] = []
        var fronts: [any Front] = []

        func stop() async {
            for front in fronts { await front.stop() }
        }
    }
}

/// The bench's own service: it gives back what it gets, so that calls of any size can be timed.
enum EchoContract: Contract {
    static let name = "bench"
    static let version = "1.0.0"
    static let summary = "Gives back what it gets."

    static let echo = Endpoint<Text, Text>(
        "echo", .post, "/api/v1/bench/echo", access: .permission("time"), idempotent: true,
        summary: "Gives back the text.")

    static let echoBytes = Endpoint<Bytes, Bytes>(
        "echo_bytes", .post, "/api/v1/bench/echo_bytes", access: .permission("time"), idempotent: true,
        summary: "Gives back the bytes.")

    static let endpoints = EndpointList {
        echo
        echoBytes
    }

    struct Text: Payload, Equatable {
        static let schema = Schema.object(.required("text", .string(example: "xxxx"), "What is given back."))

        let text: String
    }
}

/// Gives back what it gets.
actor EchoService: Service {
    private nonisolated let executor: ServiceExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(executor: ServiceExecutor) {
        self.executor = executor
    }

    func echo(_ text: EchoContract.Text, _ context: CallContext) async -> EchoContract.Text { text }

    func echoBytes(_ bytes: Bytes, _ context: CallContext) async -> Bytes { bytes }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(EchoContract.echo, with: echo)
            handle(EchoContract.echoBytes, with: echoBytes)
        }
    }
}
