import Contracts
import Endpoints
import Foundation
import Logging
import Metrics
public import Passwords
public import RPC
public import Tokens

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
    /// Lets all who verify tokens hear of what was written, auth's own verifier first.
    let tell: @Sendable () async -> Void
    var limits: GrantRateLimiter
    var lockouts: Lockouts
    let metrics = AuthMetrics()
    /// Notes wrong passwords, one after the other, while their answers are out already: who waits for an answer must
    /// not learn from its time whether there is such a user.
    var failures: Task<Void, Never>?
    var health = StoreHealth()

    private let publicKeys: any IssuerClient

    /// - Parameters:
    ///   - publicKeys: what verifies the issuer's tokens.
    ///   - verifier: knows the same keys, and the tokens that are revoked.
    ///   - tell: called after what may have revoked tokens, before that is answered.
    public init(
        executor: ServiceExecutor, issuer: TokenIssuer, publicKeys: any IssuerClient, verifier: any TokenVerifier,
        store: any AuthStore, passwords: PasswordHasher, rules: AuthPolicy = AuthPolicy(),
        tell: @escaping @Sendable () async -> Void = {}
    ) {
        self.executor = executor
        self.issuer = issuer
        self.publicKeys = publicKeys
        self.verifier = verifier
        self.store = store
        self.passwords = passwords
        self.rules = rules
        self.tell = tell
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
        _ = try await ask { store throws(StoreError) in try await store.roles() }
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
        let isRevoked = try await ask { store throws(StoreError) in try await store.isRevoked(principal.tokenID) }
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
