import Contracts
import Endpoints
public import Hosting
public import Logging
public import RPC
public import Tokens
import Trust

/// Trust in auth's tokens, for a process that is not auth: it has auth's keys from the start on, learns within a second of
/// tokens that were revoked, and introspects a token at auth if an endpoint asks for it.
///
/// Over whatever transport reaches auth:
///
/// ```swift
/// let auth = AuthClient(HTTPCaller("http://localhost:5040"))
/// async let trust: Void = auth.run()
/// let principal = try await auth.verifier.verify(token)
/// ```
///
/// In a service that `Hosting` runs, with the addresses of its settings: ``init(_:)``.
public struct AuthClient: Sendable {
    /// Verifies tokens in this process. It answers 503 until the first keys have come, and the service is not ready.
    public let verifier: AccessTokenVerifier

    private let follower: SubscriptionMonitor
    private let logger: Logger

    /// The topic of auth's events about keys and revocations, which is the name of the endpoint that returns them.
    public static let topic = AuthContract.qualifiedName(of: AuthContract.trustUpdates)

    /// - Parameters:
    ///   - caller: reaches auth. It is called when ``run()`` begins, when an event was missed, and four times a second
    ///     while no events come.
    ///   - issuer: auth's `TOKEN_ISSUER`.
    ///   - audience: auth's `TOKEN_AUDIENCE`.
    public init(
        _ caller: any Caller, issuer: String = defaultIssuer, audience: String = defaultAudience,
        logger: Logger = Logger(label: "auth-client")
    ) {
        verifier = AccessTokenVerifier(
            issuer: issuer, audience: audience, source: AuthKeys(auth: Client<AuthContract>(caller)))
        follower = SubscriptionMonitor(verifier)
        self.logger = logger
    }

    /// An event of ``topic`` has come. Call it on any thread, in the order in which they come.
    public func receive(_ event: Event) { follower.receive(event) }

    /// Fetches auth's keys as soon as auth is there, and keeps up with changes, until the task is cancelled. A service need
    /// not wait for it to answer calls.
    ///
    /// - Throws: `CancellationError`.
    public func run() async throws {
        async let following: Void = follower.run { isListening in
            if isListening {
                logger.notice("Auth's events arrive again")
            } else {
                logger.warning(
                    "No events arrive from auth, which is asked four times a second instead",
                    metadata: ["topic": "\(Self.topic)"])
            }
        }
        try await verifier.warmUp { problem in
            logger.info("Waiting for auth's keys", metadata: ["reason": "\(problem.detail)"])
        }
        logger.info("Auth's keys have come")
        await following
    }
}

/// Auth, asked over whatever transport reaches it.
private struct AuthKeys: IssuerClient {
    let auth: Client<AuthContract>

    func changes(since position: StreamPosition?) async throws(Problem) -> TrustUpdates {
        try await auth.call(
            AuthContract.trustUpdates, TrustUpdatesRequest(epoch: position?.epoch, since: position?.sequence),
            timeout: .seconds(1))
    }

    func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        _ = try await auth.call(
            AuthContract.valid, PermissionQuestion(resource: permission), in: context, token: context.token)
    }
}

extension AuthClient {
    /// Trust in the tokens of the auth that a service's settings name: `AUTH_URL`, `AUTH_EVENTS_URL`, `TOKEN_ISSUER` and
    /// `TOKEN_AUDIENCE`.
    ///
    /// ```swift
    /// ServiceModule(GreetingContract.self, port: 8080, settings: AuthClient.settings) { host in
    ///     let auth = try await AuthClient(host)
    ///     return ServiceComponents(GreetingService(), verifier: auth.verifier, background: [auth.run])
    /// }
    /// ```
    ///
    /// - Throws: `SettingsError` if an address is wrong, or a key for it is missing.
    public init(_ host: ServiceHost) async throws {
        self.init(
            try await host.caller(to: AuthContract.description), issuer: try host.settings.value(for: Self.issuer),
            audience: try host.settings.value(for: Self.audience), logger: host.logger)
        try await host.listen(to: AuthContract.description, Self.topic, receive: receive)
    }

    /// The settings that it reads.
    public static var settings: [SettingDescription] {
        [
            ServiceSettings.address(of: AuthContract.name), EventSettings.address(of: AuthContract.name),
            issuer.description, audience.description,
        ]
    }

    /// The issuer of the family's auth, unless the settings name another.
    public static let defaultIssuer = "starmicroservices-auth"
    /// The audience of the family's tokens, unless the settings name another.
    public static let defaultAudience = "starmicroservices"

    /// The setting for the issuer that tokens must name.
    public static let issuer = Setting<String>.text(
        "TOKEN_ISSUER", "The issuer of the tokens (iss).", default: defaultIssuer)
    /// The setting for the audience that tokens must name.
    public static let audience = Setting<String>.text(
        "TOKEN_AUDIENCE", "The audience of the tokens (aud).", default: defaultAudience)
}

extension RenewingToken {
    /// The token of a program that calls others for itself, and for no caller of its own: auth makes it for an OAuth client, which
    /// `star clients add NAME --permission PERMISSION` adds. ``value()`` throws `invalid_client` for a wrong secret.
    ///
    /// ```swift
    /// let auth = try await host.caller(to: AuthContract.description)
    /// let own = RenewingToken(auth, client: "bills", secret: secret)
    /// let orders = try await orders.call(OrdersContract.list, OrderFilter(), token: own.value())
    /// ```
    ///
    /// - Parameters:
    ///   - auth: reaches auth.
    ///   - client: the id of the client.
    ///   - secret: the secret that auth has made for it.
    public convenience init(_ auth: any Caller, client: String, secret: String) {
        let auth = Client<AuthContract>(auth)
        self.init { () throws(Problem) in
            let response = try await auth.call(AuthContract.token, .clientCredentials(client, secret: secret))
            return (response.accessToken, .seconds(response.expiresIn))
        }
    }
}
