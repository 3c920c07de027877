import Auth
import Boilerplate
import Contracts
import Endpoints
import Foundation
import Hosting
import Logging
import Passwords
import RPC
import Resource
import Tokens
import WebApp

/// A service of this family: what it promises, where it listens, and how it is built.
struct Member: Sendable {
    let contract: ContractDescription
    /// For HTTP, unless the settings name another.
    let port: Int
    let build: @Sendable (ServiceHost, FleetSettings) async throws -> Built

    var name: String { contract.name }

    /// A service that is ready to be served.
    struct Built {
        let service: any RPC.Service
        let verifier: any TokenVerifier
        /// What goes on beside the service, until the process ends.
        var background: [@Sendable () async throws -> Void] = []
    }

    /// In the order of their dependence.
    static let all = [auth, resource, webApp, boilerplate]
}

extension Member {
    static let auth = Member(contract: AuthContract.description, port: 5040) { host, settings in
        let data = host.family.dataDirectory
        let key = try SigningKey.loadOrCreate(at: data.appendingPathComponent("auth-key.json").path)
        let keys = KeySet([key.publicKey])
        let issuer = TokenIssuer(
            key: key, issuer: settings.issuer, audience: settings.audience, lifetime: settings.tokenLifetime)
        let service = AuthService(
            executor: host.executor, issuer: issuer, publicKeys: keys, users: FileUserStore.standard(in: data),
            passwords: PasswordHasher(), guestPermissions: settings.guestPermissions)
        let verifier = AccessTokenVerifier(issuer: settings.issuer, audience: settings.audience, source: keys)
        verifier.replaceKeys(keys)
        return Built(service: service, verifier: verifier)
    }

    static let resource = Member(contract: ResourceContract.description, port: 5050) { host, settings in
        let verifier = try await verifier(host, settings)
        return Built(
            service: ResourceService(executor: host.executor), verifier: verifier, background: [warmUp(verifier, host)])
    }

    static let webApp = Member(contract: WebAppContract.description, port: 5060) { host, settings in
        let service = WebAppService(
            executor: host.executor, auth: Client(try await host.caller(to: AuthContract.description)),
            resource: Client(try await host.caller(to: ResourceContract.description)))
        let verifier = try await verifier(host, settings)
        return Built(service: service, verifier: verifier, background: [warmUp(verifier, host)])
    }

    static let boilerplate = Member(contract: BoilerplateContract.description, port: 5070) { host, settings in
        let verifier = try await verifier(host, settings)
        return Built(
            service: BoilerplateService(executor: host.executor), verifier: verifier,
            background: [warmUp(verifier, host)])
    }

    private static func verifier(
        _ host: ServiceHost, _ settings: FleetSettings
    ) async throws -> AccessTokenVerifier {
        let auth = Client<AuthContract>(try await host.caller(to: AuthContract.description))
        return AccessTokenVerifier(
            issuer: settings.issuer, audience: settings.audience, source: AuthKeys(auth: auth))
    }

    /// Fetches auth's keys as soon as auth is there. The service starts without waiting for it.
    private static func warmUp(
        _ verifier: AccessTokenVerifier, _ host: ServiceHost
    ) -> @Sendable () async throws -> Void {
        {
            try await verifier.warmUp { problem in host.logger.info("Auth's keys have not come yet: \(problem.detail)")
            }
            host.logger.info("Auth's keys are here")
        }
    }
}

/// Auth's public keys, asked for over whatever transport reaches auth.
private struct AuthKeys: KeySource {
    let auth: Client<AuthContract>

    func currentKeys() async throws(Problem) -> KeySet {
        try await auth.call(AuthContract.keys)
    }
}

extension FileUserStore {
    static func standard(in directory: URL) -> FileUserStore {
        FileUserStore(directory.appendingPathComponent("users.json"))
    }
}
