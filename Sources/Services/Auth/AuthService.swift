import Contracts
import Endpoints
import Foundation
import JOSE
import Logging
import Metrics
public import Passwords
public import RPC
public import Tokens
import Trust

/// Lets users in, issues tokens, and publishes the keys that verify them.
///
/// All that must outlast it is in its store. A store that fails makes a 503 of what needs it; the rest goes on.
public actor AuthService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let issuer: TokenIssuer
    let verifier: any TokenVerifier
    let store: any AuthStore
    let passwords: PasswordHasher
    let rules: AuthPolicy
    /// Publishes what was written to all who verify tokens, auth's own verifier first.
    let publish: @Sendable () async -> Void
    var limits: GrantRateLimiter
    var lockouts: Lockouts
    let metrics = AuthMetrics()
    /// For what belongs to no call.
    let logger = Logger(label: AuthContract.name, service: AuthContract.name)
    /// Notes wrong passwords, one after the other, while their answers are out already: who waits for an answer must
    /// not learn from its time whether there is such a user.
    var failures: Task<Void, Never>?
    var health = StoreHealth()

    private let publicKeys: any IssuerClient

    /// - Parameters:
    ///   - publicKeys: what verifies the issuer's tokens.
    ///   - verifier: knows the same keys, and the tokens that are revoked.
    ///   - publish: called after what may have revoked tokens, before that is answered.
    public init(
        executor: ServiceExecutor, issuer: TokenIssuer, publicKeys: any IssuerClient, verifier: any TokenVerifier,
        store: any AuthStore, passwords: PasswordHasher, rules: AuthPolicy = AuthPolicy(),
        publish: @escaping @Sendable () async -> Void = {}
    ) {
        self.executor = executor
        self.issuer = issuer
        self.publicKeys = publicKeys
        self.verifier = verifier
        self.store = store
        self.passwords = passwords
        self.rules = rules
        self.publish = publish
        limits = GrantRateLimiter(rules)
        lockouts = Lockouts(after: rules.lockAfter, for: rules.lockPeriod)
    }

    public func pendingDependencies() async -> [String] {
        await isStoreSound() ? [] : ["its store"]
    }

    func keys(_: Empty, _ context: CallContext) async throws -> JWKSet { try await publicKeys.currentKeys() }

    func changes(_ question: TrustUpdatesRequest, _ context: CallContext) async throws -> TrustUpdates {
        try await publicKeys.changes(
            since: question.epoch.map { StreamPosition(epoch: $0, sequence: question.since ?? 0) })
    }

    func metadata(_: Empty, _ context: CallContext) async -> AuthMetadata {
        AuthMetadata(
            issuer: issuer.issuer, url: rules.publicURL ?? context.publicURL ?? rules.listeningURL,
            scopes: rules.scopes, takesPasswords: rules.allowsPasswordGrant)
    }

    func smoke(_: Empty, _ context: CallContext) async throws -> Smoke {
        _ = try await query { store throws(StoreError) in try await store.roles() }
        return .ok
    }

    func valid(_ question: PermissionQuestion, _ context: CallContext) async throws -> Empty {
        let principal = try await currentPrincipal(context)
        guard principal.permissions.contains(question.resource) else {
            throw Problem(.permissionDenied, "The token does not hold the permission “\(question.resource)”.")
        }
        return Empty()
    }

    func me(_: Empty, _ context: CallContext) async throws -> Identity {
        guard let principal = context.principal else { throw Problem(.tokenMissing, "A token is needed.") }
        return Identity(
            user: principal.username, permissions: principal.permissions.sorted(),
            expires: principal.expires.timestamp)
    }

    /// The caller, unless the token has been revoked by now: the store knows that before any verifier does.
    private func currentPrincipal(_ context: CallContext) async throws -> Principal {
        guard let principal = context.principal else { throw Problem(.tokenMissing, "A token is needed.") }
        let isRevoked = try await query { store throws(StoreError) in try await store.isRevoked(principal.tokenID) }
        guard !isRevoked else { throw Problem(.tokenInvalid, "The token has been revoked.") }
        return principal
    }
}

/// The figures of auth, for Prometheus.
struct AuthMetrics: Sendable {
    let wrongPasswords = counter("auth_wrong_passwords_total")
    /// The number of attempts at a user's password that were refused by a lockout.
    let lockouts = counter("auth_lockouts_total")

    private static func counter(_ name: String) -> Counter {
        Counter(label: name, dimensions: [("service", AuthContract.name)])
    }
}

extension AuthService {
    /// The descriptions of its metrics.
    public static let metricsHelp = [
        "auth_wrong_passwords_total": "Logins and changes of password with a wrong password.",
        "auth_lockouts_total": "Addresses kept out of a user after too many wrong passwords.",
    ]
}

extension Date {
    /// As RFC 3339 writes it, to the second.
    var timestamp: String { Timestamp(epoch: Int(timeIntervalSince1970.rounded(.down))).description }
}

extension AuthService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(AuthContract.create, with: create)
            handle(AuthContract.refresh, with: refresh)
            handle(AuthContract.token, with: token)
            handle(AuthContract.revoke, with: revoke)
            handle(AuthContract.introspect, with: introspect)
            handle(AuthContract.revokeToken, with: revokeToken)
            handle(AuthContract.introspectToken, with: introspectToken)
            handle(AuthContract.valid, with: valid)
            handle(AuthContract.me, with: me)
            handle(AuthContract.keys, with: keys)
            handle(AuthContract.trustUpdates, with: changes)
            handle(AuthContract.metadata, with: metadata)
            handle(AuthContract.addUser, with: addUser)
            handle(AuthContract.listUsers, with: listUsers)
            handle(AuthContract.showUser, with: showUser)
            handle(AuthContract.changePassword, with: changePassword)
            handle(AuthContract.setPermissions, with: setPermissions)
            handle(AuthContract.lockUser, with: lockUser)
            handle(AuthContract.unlockUser, with: unlockUser)
            handle(AuthContract.removeUser, with: removeUser)
            handle(AuthContract.listRoles, with: listRoles)
            handle(AuthContract.addClient, with: addClient)
            handle(AuthContract.listClients, with: listClients)
            handle(AuthContract.rotateClient, with: rotateClient)
            handle(AuthContract.removeClient, with: removeClient)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
