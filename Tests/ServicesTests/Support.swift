import AuthSQLite
import Contracts
import Endpoints
import Foundation
import JOSE
import Passwords
import RPC
import Resource
import Synchronization
import TemporaryFiles
import Testing
import Tokens

@testable import Auth

/// Auth's key, and all that is made of it.
final class Trust: Sendable {
    let issuer: TokenIssuer
    let keys: JWKSet
    private let stores = Mutex<[NewStore]>([])

    init(_ key: SigningKey = SigningKey()) {
        issuer = TokenIssuer(key: key, issuer: "auth", audience: "star")
        keys = JWKSet([key.publicKey])
    }

    var verifier: AccessTokenVerifier { verifier(keys) }

    /// The verifier of auth's own endpoints: its store confirms what is to be confirmed.
    func verifier(_ store: any AuthStore) -> AccessTokenVerifier { verifier(LocalIssuer(store)) }

    private func verifier(_ source: any IssuerClient) -> AccessTokenVerifier {
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: source)
        verifier.replaceKeys(keys)
        return verifier
    }

    /// An empty store that lives as long as this.
    private func newStore() throws -> any AuthStore {
        let new = try NewStore()
        stores.withLock { $0.append(new) }
        return new.store
    }

    func token(_ permissions: Set<String>, subject: String = "ada") throws -> String {
        try issuer.issue(subject: subject, permissions: permissions).token
    }

    /// Auth itself, with this key and without limits by default.
    func auth(
        store: (any AuthStore)? = nil, guests: Set<String> = ["time"], rules: AuthPolicy? = nil,
        passwords: PasswordHasher = PasswordHasher(workers: 1), verifier: (any TokenVerifier)? = nil
    ) throws -> AuthService {
        var free = AuthPolicy()
        (free.perAccount, free.perAddress, free.guestPermissions) = (0, 0, guests)
        return AuthService(
            executor: QueueExecutor(name: "auth"), issuer: issuer, publicKeys: keys,
            verifier: verifier ?? self.verifier,
            store: try store ?? newStore(), passwords: passwords, rules: rules ?? free)
    }
}

/// An empty store in a directory that goes with it.
final class NewStore: Sendable {
    let directory = TemporaryDirectory()
    let store: any AuthStore

    init() throws {
        store = try SQLiteStore(directory.url.appending(path: "auth.sqlite"))
    }

    /// Adds a user, whose password is hashed, unless its hash is given.
    func add(
        _ name: String, _ password: String, _ permissions: Set<String> = [], roles: Set<String> = [],
        hash: String? = nil
    ) async throws {
        let hash = if let hash { hash } else { try await PasswordHasher(workers: 1).hash(password) }
        let user = User(name: name, passwordHash: hash, permissions: permissions, roles: roles, created: .now)
        _ = try await store.add(user, by: .system, AuditEntry(.userAdded, of: name, by: "test", at: .now)).get()
    }

    func user(_ name: String) async throws -> User {
        try #require(try await store.user(named: name))
    }
}

/// A way to a service in the same process, which notes what is called there and may lead elsewhere from some time on.
///
/// Calls have all the time of the world, so that no test depends on how much else the machine has to do.
final class Line: Caller {
    private let target: Mutex<any Caller>
    private let calls = Mutex<[Call]>([])

    init(_ target: any Caller) {
        self.target = Mutex(target)
    }

    /// To a service without a wire.
    convenience init(
        _ service: some Service, _ contract: ContractDescriptor, _ verifier: any TokenVerifier,
        interceptors: [any ServerInterceptor] = [], observers: [any CallObserver] = []
    ) throws {
        let dispatcher = try Dispatcher(
            service, contract: contract, verifier: verifier, interceptors: interceptors, observers: observers)
        self.init(InProcessCaller(dispatcher))
    }

    var isConnected: Bool { get async { await target.withLock { $0 }.isConnected } }

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        calls.withLock { $0.append(call) }
        var call = call
        call.timeout = Dispatcher.maxDeadline
        return await target.withLock { $0 }.call(call, endpoint)
    }

    func close() {}

    func lead(to other: any Caller) {
        target.withLock { $0 = other }
    }

    /// The number of calls to an endpoint.
    func count(_ endpoint: String) -> Int {
        calls.withLock { $0.count { $0.endpoint == endpoint } }
    }

    /// The tokens that were shown, in order.
    var tokens: [String?] { calls.withLock { $0.map(\.token) } }
    var traces: [String] { calls.withLock { $0.map(\.trace.traceID) } }
}

/// A peer that answers every call alike.
struct FixedAnswer: Caller {
    var isConnected = true
    let reply: Reply

    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply { reply }
    func close() {}

    /// A peer that is not there.
    static let nobody = FixedAnswer(
        isConnected: false, reply: .failure(Problem(.unavailable, "There is no connection to the service.")))
}

/// The problem that a call is refused with; `nil` if it is not.
func problem<Output>(_ call: () async throws -> Output) async -> Problem? {
    do {
        _ = try await call()
        return nil
    } catch let problem as Problem {
        return problem
    } catch {
        Issue.record(error)
        return nil
    }
}

/// A verifier that may be changed for another, as keys are.
final class SwitchedVerifier: TokenVerifier {
    private let current: Mutex<any TokenVerifier>

    init(_ verifier: any TokenVerifier) {
        current = Mutex(verifier)
    }

    func `switch`(to other: any TokenVerifier) {
        current.withLock { $0 = other }
    }

    func verify(_ token: String) async throws(Problem) -> Principal {
        try await current.withLock { $0 }.verify(token)
    }
}
