import Auth
import AuthSQLite
import Boilerplate
import Contracts
import Endpoints
import EventLoop
import Foundation
import HTTPTransport
import JOSE
import Passwords
import RPC
import Resource
import TemporaryFiles
import Tokens
import Trust
import WebApp
import ZeroMQ
import ZeroMQTransport

/// The four services behind one kind of front, with ada, bob and an administrator.
final class Guarded {
    enum Wire: String, CaseIterable { case http, ipc }

    static let contracts = [
        AuthContract.description, ResourceContract.description, WebAppContract.description,
        BoilerplateContract.description,
    ]

    /// A process has one.
    private static let context = Result { try Context() }
    /// The password that the contract's examples say, hashed once.
    private static let hash = Task { try await PasswordHasher().hash("correct horse battery staple") }

    private let thread: SocketThread
    private let directory = TemporaryDirectory()
    private var fronts: [any Front] = []
    private var callers: [String: any Caller] = [:]
    private let tokens: [AccessRole: String]

    /// Runs a test. All is released at the end.
    static func run(_ wire: Wire, _ test: (Guarded) async throws -> Void) async throws {
        let guarded = try await Guarded(wire)
        do {
            try await test(guarded)
        } catch {
            await guarded.close()
            throw error
        }
        await guarded.close()
    }

    /// Calls an endpoint with its contract's example.
    func call(_ name: String, as visitor: AccessRole) async throws -> Reply {
        for contract in Self.contracts {
            guard let endpoint = contract.endpoints.first(where: { contract.qualifiedName(of: $0) == name }),
                let caller = callers[contract.name]
            else { continue }
            let body = endpoint.input.fields.isEmpty ? Data() : endpoint.input.example?.json() ?? Data()
            let call = Call(name, body: body, token: tokens[visitor], timeout: .seconds(20))
            return await caller.call(call, endpoint)
        }
        throw CancellationError()
    }

    private init(_ wire: Wire) async throws {
        thread = try SocketThread(name: "guarded")
        let key = SigningKey()
        let keys = JWKSet([key.publicKey])
        func token(_ subject: String, _ permissions: Set<String>, age: TimeInterval = 0) throws -> AccessToken {
            try TokenIssuer(key: key, issuer: "auth", audience: "star") { Date(timeIntervalSinceNow: -age) }
                .issue(subject: subject, permissions: permissions)
        }
        let revoked = try token("ada", ["time"])
        tokens = [
            .guest: try token("guest", ["time"]).token, .owner: try token("ada", ["time"]).token,
            .other: try token("bob", ["tide"]).token,
            .administrator: try token("root", ["users", "introspect"]).token,
            .expired: try token("ada", ["time"], age: 1000).token, .revoked: revoked.token,
        ]
        let store = try await Self.store(in: directory.url)
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: LocalIssuer(store))
        let denied = RevokedToken(jti: revoked.id, exp: Int(revoked.expires.timeIntervalSince1970))
        verifier.apply(
            TrustUpdates(since: 0, StreamPosition(epoch: "test", sequence: 1), keys: keys, revoked: [denied]))
        var rules = AuthPolicy()
        (rules.perAccount, rules.perAddress, rules.guestPermissions) = (0, 0, ["time"])
        let auth = AuthService(
            executor: QueueExecutor(name: "auth"), issuer: TokenIssuer(key: key, issuer: "auth", audience: "star"),
            publicKeys: keys, verifier: verifier, store: store, passwords: PasswordHasher(workers: 1), rules: rules)
        try await serve(auth, verifier, wire)
    }

    /// Webapp reaches the others in this process: what is looked at are the fronts.
    private func serve(_ service: AuthService, _ verifier: any TokenVerifier, _ wire: Wire) async throws {
        let auth = try Dispatcher(service, contract: AuthContract.description, verifier: verifier)
        let resource = try Dispatcher(
            ResourceService(executor: QueueExecutor(name: "resource")), contract: ResourceContract.description,
            verifier: verifier)
        let webApp = try Dispatcher(
            WebAppService(
                executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(InProcessCaller(auth)),
                resource: ServiceRoute(InProcessCaller(resource)),
                resourceOverHTTP: ServiceRoute(InProcessCaller(resource))),
            contract: WebAppContract.description, verifier: verifier)
        let boilerplate = try Dispatcher(
            BoilerplateService(executor: QueueExecutor(name: "boilerplate")),
            contract: BoilerplateContract.description, verifier: verifier)
        for dispatcher in [auth, resource, webApp, boilerplate] { try await serve(dispatcher, wire) }
    }

    private func serve(_ dispatcher: Dispatcher, _ wire: Wire) async throws {
        let name = dispatcher.contracts[0].name
        switch wire {
        case .http:
            let front = try HTTPFront(dispatcher)
            callers[name] = HTTPCaller(try await front.start()[0])
            fronts.append(front)
        case .ipc:
            let context = try Self.context.get()
            let address = try Address("ipc://\(directory.path(of: name))")
            let front = ZeroMQFront(dispatcher, on: thread, context: context, addresses: [address])
            _ = try await front.start()
            fronts.append(front)
            let caller = ZeroMQCaller(address, on: thread, context: context)
            try await caller.start()
            callers[name] = caller
        }
    }

    private static func store(in folder: URL) async throws -> SQLiteStore {
        let store = try SQLiteStore(folder.appending(path: "auth.sqlite"))
        func entry(_ action: AuditEntry.AuditAction, _ target: String) -> AuditEntry {
            AuditEntry(action, of: target, by: "test", at: .now)
        }
        // The example of set_permissions gives ada the role of clerks; the administrator does not hold what they may do.
        _ = try await store.set(Role(name: "clerk", permissions: ["greet"]), entry(.roleSet, "clerk")).get()
        let hash = try await hash.value
        for (name, permissions) in [("ada", ["time"]), ("bob", ["tide"]), ("root", ["users", "introspect"])] {
            let user = User(id: name, name: name, passwordHash: hash, permissions: Set(permissions), created: .now)
            _ = try await store.add(user, by: .system, entry(.userAdded, name)).get()
        }
        return store
    }

    private func close() async {
        for caller in callers.values { await caller.close() }
        for front in fronts { await front.stop() }
        await thread.shutdown()
    }
}
