import Auth
import AuthClient
import Contracts
import Endpoints
import Foundation
import Hosting
import Logging
import Passwords
import Tokens
import WebApp

extension ServiceDefinition {
    static let authPort = 5040

    package static let auth = ServiceDefinition(contract: AuthContract.description, port: authPort) { host, settings in
        let own = try settings.auth()
        let passwords = PasswordHasher()
        let store = try own.database.open(isMade: own.createsStore)
        host.logger.info("Auth uses this store", metadata: ["store": "\(own.database.place)"])
        let webAppSecret = try settings.webAppClientSecret()
        let preparation = { @Sendable in
            try await prepare(store, passwords, own, host)
            if let webAppSecret {
                try await ClientAccount.provide(
                    WebAppService.client, secret: OpaqueToken(webAppSecret),
                    permissions: WebAppService.clientPermissions,
                    store)
            }
        }
        let isPrepared = try await attempt(preparation, host)
        let issuer = TokenIssuer(
            key: nil, issuer: settings.issuer, audience: settings.audience, lifetime: settings.tokenLifetime,
            client: "star")
        let verifier = AccessTokenVerifier(
            issuer: settings.issuer, audience: settings.audience, source: LocalIssuer(store))
        let synchronizer = await TrustSynchronizer.begin(
            store, issuer: issuer, verifier: verifier, schedule: own.schedule(settings.tokenLifetime),
            topic: AuthClient.topic, publisher: try await host.publisher())
        var rules = own.rules
        rules.scopes = permissions
        let service = AuthService(
            executor: host.executor, issuer: issuer, publicKeys: synchronizer, verifier: verifier, store: store,
            passwords: passwords, rules: rules, publish: synchronizer.refresh)
        return ServiceComponents(
            service, verifier: verifier,
            background: [prune(store, own.auditRetention, host), synchronizer.run]
                + (isPrepared ? [] : [retry(preparation, host)]),
            close: store.close)
    }

    /// - Returns: true if it was done; not if the store fails, which may mend while auth runs.
    /// - Throws: ``StoreError/unusable(_:)``, which does not, and ends the start.
    private static func attempt(
        _ preparation: @Sendable () async throws -> Void, _ host: ServiceHost
    ) async throws -> Bool {
        do {
            try await preparation()
            return true
        } catch let error as StoreError {
            if case .unusable = error { throw error }
            host.logger.error("The store cannot be prepared yet", metadata: ["error": "\(error)"])
            return false
        }
    }

    private static func retry(
        _ preparation: @escaping @Sendable () async throws -> Void, _ host: ServiceHost
    ) -> @Sendable () async throws -> Void {
        { while try await !attempt(preparation, host) { try await Task.sleep(for: .seconds(2)) } }
    }

    /// Brings a new store to what auth needs: the first administrator, the first key.
    private static func prepare(
        _ store: any AuthStore, _ passwords: PasswordHasher, _ settings: AuthSettings, _ host: ServiceHost
    ) async throws {
        let file = settings.passwordFile
        let start = Bootstrap(
            store: store, passwords: passwords, passwordFile: file, isAllowed: settings.createsStore)
        if try await start.run(permissions: permissions) {
            host.logger.warning(
                "The store was empty: this is a new one", metadata: ["store": "\(settings.database.place)"])
            host.logger.notice(
                """
                The first start has made the administrator \(Bootstrap.administrator). Its password is in \(file.path); \
                change it: star users passwd \(Bootstrap.administrator)
                """)
        }
        try await store.makeFirstKey(at: .now)
    }

    /// Every permission that a contract of the family names.
    private static var permissions: Set<String> {
        Set(
            all.flatMap(\.contract.endpoints).compactMap { endpoint in
                if case .permission(let permission, _) = endpoint.access { permission } else { nil }
            })
    }

    /// Deletes from the store what has ended, every ten minutes.
    private static func prune(
        _ store: any AuthStore, _ auditRetention: TimeInterval?, _ host: ServiceHost
    ) -> @Sendable () async throws -> Void {
        {
            while true {
                do throws(StoreError) {
                    try await store.prune(at: .now)
                    if let auditRetention { try await store.forgetAudit(before: .now - auditRetention) }
                } catch {
                    host.logger.warning("Store clean-up failed", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(600))
            }
        }
    }
}
