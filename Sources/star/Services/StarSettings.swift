import AuthClient
import Foundation
package import Hosting

/// The settings that belong to this family of services and to no other.
package struct StarSettings: Sendable {
    package let issuer: String
    package let audience: String
    package let tokenLifetime: Duration
    private let settings: Settings
    private let common: CommonSettings

    package init(_ settings: Settings, _ common: CommonSettings) throws(SettingsError) {
        issuer = try settings.value(for: AuthClient.issuer)
        audience = try settings.value(for: AuthClient.audience)
        tokenLifetime = .seconds(try settings.value(for: Self.tokenLifetime))
        self.settings = settings
        self.common = common
        try common.checkSecrets(Self.all, in: settings)
    }

    /// The folder of the services' sockets by default.
    package static let socketFolder = ".star/run"

    /// - Throws: `SettingsError` if the file cannot be read.
    package static func read(_ environmentFile: String) throws(SettingsError) -> Settings {
        try Settings(environmentFile: environmentFile, socketFolder: socketFolder)
    }

    /// The settings that only auth reads.
    ///
    /// - Throws: `SettingsError` if one is wrong.
    package func auth() throws(SettingsError) -> AuthSettings { try AuthSettings(settings, common) }

    /// The address at which webapp reaches resource over HTTP, whatever `RESOURCE_URL` says.
    ///
    /// - Throws: `SettingsError` if one is wrong that says it.
    func resourceOverHTTP() throws(SettingsError) -> PeerAddress {
        let resource = ServiceDefinition.resource
        if let address = try settings.optional(Self.resourceOverHTTP) { return address }
        return .http(try ServiceSettings.url(of: resource.name, port: resource.port, settings))
    }

    /// The secret of webapp's OAuth client, which auth and webapp share; `nil` if there is none.
    ///
    /// - Throws: `SettingsError` if it is too short.
    func webAppClientSecret() throws(SettingsError) -> String? { try settings.optional(Self.webAppClientSecret) }

    /// Every setting that is read anywhere, in the order of `env.example`.
    package static var all: [SettingDescription] {
        CommonSettings.all
            + [commandKey.description]
            + [AuthClient.issuer.description, AuthClient.audience.description, tokenLifetime.description]
            + AuthSettings.all
            + [resourceOverHTTP.description, webAppClientSecret.description]
            + ServiceDefinition.all.flatMap {
                ServiceSettings.all(of: $0.name, port: $0.port, socketFolder: socketFolder)
            }
            + EventSettings.all(of: ServiceDefinition.auth.name, socketFolder: socketFolder)
            + TelemetrySettings.all
    }

    /// The name whose key `star call` and its like show if services are reached over `tcp://`.
    package static let command = "star"
    package static let commandKey = ServiceSettings.curve(command, called: "star call, bench, contracts and health")

    private static let tokenLifetime = Setting<Int>.integer(
        "TOKEN_LIFETIME_SECONDS", 1...86_400, "The lifetime of a token.", default: 300)
    private static let webAppClientSecret = Setting<String>(
        "WEBAPP_CLIENT_SECRET",
        "The secret with which webapp is an OAuth client of auth, instead of a guest, if it acts for itself; at least 32 "
            + "characters. auth makes the client webapp with it.",
        default: "", isSecret: true
    ) { text throws(SettingFault) in
        guard text.utf8.count >= 32 else { throw SettingFault("must have at least 32 characters") }
        return text
    }
    private static let resourceOverHTTP = Setting<PeerAddress>(
        "RESOURCE_HTTP_URL",
        "The address at which webapp reaches resource over HTTP, to compare the wires on its page: http://host:port. "
            + "By default the one at which resource listens on this machine.",
        default: ""
    ) { text throws(SettingFault) in
        guard let address = try? PeerAddress(text), case .http = address else {
            throw SettingFault("must be http://host:port")
        }
        return address
    }
}

extension EnvironmentExample {
    /// That of the family.
    package static func text() -> String {
        """
        # The settings of Starmicroservices. Copy this file to .env; compose/up does, with fresh secrets.
        # The environment has precedence over .env.
        # Docker Compose reads this file in the same way: $$ is a dollar sign, and a # behind a space begins a comment,
        # unless 'single quotes' are around it. A line that is not understood stops the start.

        \(entries(StarSettings.all))

        """
    }
}
