import Contracts
import Endpoints
public import Hosting

extension AuthClient {
    /// Trust in the tokens of the auth that a service's settings name: `AUTH_ADDRESS`, `AUTH_EVENTS_ADDRESS`, `TOKEN_ISSUER` and
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
            try await host.caller(to: AuthContract.description), issuer: try host.settings(Self.issuer),
            audience: try host.settings(Self.audience), logger: host.logger)
        try await host.listen(to: AuthContract.description, Self.topic, heard: receive)
    }

    /// The settings that it reads.
    public static var settings: [SettingDescription] {
        [
            ServiceSettings.address(of: AuthContract.name), EventSettings.address(of: AuthContract.name),
            issuer.description, audience.description,
        ]
    }

    public static let defaultIssuer = "starmicroservices-auth"
    public static let defaultAudience = "starmicroservices"

    public static let issuer = Setting<String>.text(
        "TOKEN_ISSUER", "Who makes the tokens (iss).", standard: defaultIssuer)
    public static let audience = Setting<String>.text(
        "TOKEN_AUDIENCE", "Whom the tokens are for (aud).", standard: defaultAudience)
}
