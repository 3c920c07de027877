import Contracts
public import Endpoints
public import Foundation
public import JOSE
import JSON
import Logging
public import RPC
public import Tokens
public import Trust

/// Auth's side of trust: which key signs, which keys verify, which tokens were revoked, and the publication of that.
///
/// The state is in the store, where the command line and other auth processes change it too. So the synchronizer looks there
/// again and again, does what the ``KeyRotationPolicy`` says is due, and brings what is new to auth's own verifier, by an
/// event to every service, and to the issuer.
public actor TrustSynchronizer {
    public typealias Store = KeyStore & RevocationStore

    /// The time between two reads of the store.
    public static let pause = Duration.milliseconds(250)

    private let store: any Store
    private let issuer: TokenIssuer
    private let schedule: KeyRotationPolicy
    /// Receives a change before the services do.
    private let verifier: AccessTokenVerifier
    private let topic: String
    private let publisher: any EventPublisher
    private let now: @Sendable () -> Date
    private let logger = Logger(label: "auth.trust", service: AuthContract.name)

    /// As the store has them, the oldest first.
    private var stored: [StoredKey] = []
    private var keysVersion = 0
    private var keys = JWKSet([])
    private var position: StreamPosition?
    /// The reason why the store could not be read last; `nil` if it could.
    private var fault: StoreError?
    private var lastRefresh: Task<Void, Never>?

    /// - Parameters:
    ///   - topic: the qualified name of the endpoint that returns what was missed.
    ///   - publisher: sends events to the services.
    private init(
        _ store: any Store, _ issuer: TokenIssuer, _ verifier: AccessTokenVerifier, _ schedule: KeyRotationPolicy,
        topic: String, publisher: any EventPublisher, now: @escaping @Sendable () -> Date
    ) {
        self.store = store
        self.issuer = issuer
        self.verifier = verifier
        self.schedule = schedule
        self.topic = topic
        self.publisher = publisher
        self.now = now
    }
}

extension TrustSynchronizer {
    /// Reads what the store has.
    ///
    /// - Returns: a synchronizer whose issuer and verifier can be used; if the store fails, once it is there. It must
    /// ``run()``.
    public static func begin(
        _ store: any Store, issuer: TokenIssuer, verifier: AccessTokenVerifier, schedule: KeyRotationPolicy,
        topic: String,
        publisher: any EventPublisher, now: @escaping @Sendable () -> Date = { Date() }
    ) async -> TrustSynchronizer {
        let synchronizer = TrustSynchronizer(
            store, issuer, verifier, schedule, topic: topic, publisher: publisher, now: now)
        await synchronizer.refresh()
        return synchronizer
    }

    /// Reads the store again and again, until the task is cancelled. While the store is away, all stays as it was.
    public func run() async {
        while !Task.isCancelled {
            await refresh()
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Reads the store now, as after a change that must be known at once. Refreshes come one after the other.
    public func refresh() async {
        let previous = lastRefresh
        let refresh = Task {
            await previous?.value
            await self.synchronize()
        }
        lastRefresh = refresh
        await refresh.value
    }

    private func synchronize() async {
        do throws(StoreError) {
            try await poll()
            let steps = schedule.steps(stored, at: now())
            for step in steps { try await apply(step) }
            if !steps.isEmpty { try await poll() }
            if fault != nil { logger.notice("Store reachable again") }
            fault = nil
        } catch {
            if error != fault { logger.error("Trust refresh failed", metadata: ["error": "\(error)"]) }
            fault = error
        }
    }

    /// If another process was faster, the store refuses, and all is done.
    private func apply(_ step: KeyRotationPolicy.RotationStep) async throws(StoreError) {
        let moment = now()
        switch step {
        case .announce:
            let key = StoredKey(SigningKey(), announced: moment)
            _ = try await store.announce(
                key, AuditEntry(.keyAnnounced, of: key.kid, by: AuditEntry.itself, detail: "it is time", at: moment))
        case .promote(let kid):
            _ = try await store.promote(kid, AuditEntry(.keyPromoted, of: kid, by: AuditEntry.itself, at: moment))
        case .retire(let kid):
            _ = try await store.retire(kid, AuditEntry(.keyRetired, of: kid, by: AuditEntry.itself, at: moment))
        }
    }

    /// Reads what has changed in the store, and publishes it.
    private func poll() async throws(StoreError) {
        while true {
            let (changes, since) = try await storeChanges(since: position)
            guard let epoch = changes.epoch else { throw .unavailable("It holds no signing key.") }
            let isSameStore = epoch == position?.epoch
            guard !isSameStore || changes.version != since || changes.keysVersion != keysVersion else { return }
            if !isSameStore || changes.keysVersion != keysVersion {
                stored = try await store.keys()
                keys = JWKSet(stored.compactMap { $0.state == .retired ? nil : $0.signingKey?.publicKey })
                keysVersion = changes.keysVersion
            }
            let updates = updates(changes, since: since, epoch)
            verifier.apply(updates)
            position = updates.position
            await publish(updates)
            // Its first token comes after it has been published.
            if let key = stored.first(where: { $0.state == .signing })?.signingKey { issuer.sign(with: key) }
            if changes.isComplete { return }
        }
    }

    /// The changes of the store, and the number after which they are: all of them if it is another store than it was.
    private func storeChanges(
        since known: StreamPosition?
    ) async throws(StoreError) -> (changes: Changes, since: Int) {
        if let known {
            let changes = try await store.changes(since: known.sequence, limit: TrustUpdates.page)
            if changes.epoch == known.epoch, changes.version >= known.sequence { return (changes, known.sequence) }
        }
        return (try await store.changes(since: 0, limit: TrustUpdates.page), 0)
    }

    private func publish(_ updates: TrustUpdates) async {
        guard let body = try? JSONCoding.encode(updates) else { return }
        await publisher.publish(Event(topic: topic, position: updates.position, body: body))
    }

    private func updates(_ changes: Changes, since: Int, _ epoch: String) -> TrustUpdates {
        TrustUpdates(
            since: since, StreamPosition(epoch: epoch, sequence: changes.version),
            latest: changes.isComplete ? changes.version : changes.version + 1, keys: keys,
            revoked: changes.revocations.map { RevokedToken($0.token) })
    }
}

extension TrustSynchronizer: IssuerClient {
    /// - Throws: a ``Problem`` if the store has no answer.
    public func changes(since known: StreamPosition?) async throws(Problem) -> TrustUpdates {
        guard let (changes, since) = try? await storeChanges(since: known) else { throw .noStore }
        // A number must not be published without the keys that belong to it: whoever knows the number does not ask again.
        if changes.epoch != position?.epoch || changes.keysVersion != keysVersion { await refresh() }
        guard !stored.isEmpty else { throw .noKeys }
        guard let epoch = changes.epoch, epoch == position?.epoch, changes.keysVersion <= keysVersion else {
            throw .noStore
        }
        return updates(changes, since: since, epoch)
    }

    /// The keys that are good now, also while the store is away.
    ///
    /// - Throws: ``Problem/Kind/unavailable`` until there is a key: an empty set would say that no token is good.
    public func currentKeys() async throws(Problem) -> JWKSet {
        guard !keys.keys.isEmpty else { throw .noKeys }
        return keys
    }
}

extension Problem {
    fileprivate static let noStore = Problem(
        .storeUnavailable, "The store of keys and revocations has no answer.", retryAfter: .seconds(1))
    fileprivate static let noKeys = Problem(.unavailable, "There are no keys yet.", retryAfter: .seconds(1))
}

extension RevokedToken {
    /// A fraction of a second is rounded up: nothing is forgotten too soon.
    fileprivate init(_ token: TokenReference) {
        self.init(jti: token.id, exp: Int(token.expires.timeIntervalSince1970.rounded(.up)))
    }
}

extension StoredKey {
    /// A new key, to be written to a store.
    package init(_ key: SigningKey, announced: Date) {
        self.init(kid: key.kid, jwk: key.jwk, announced: announced)
    }

    /// The key itself; `nil` for one that is retired, or is damaged.
    var signingKey: SigningKey? { SigningKey(jwk: jwk) }
}
