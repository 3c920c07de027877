import Auth
import Boilerplate
import Contracts
import Endpoints
import Foundation
import HTTPTransport
import Passwords
import RPC
import Resource
import Tokens
import WebApp

@testable import Hosting

/// The four services behind HTTP fronts on free ports, with Ada, whom the documents' examples name, and an administrator.
struct Family {
    /// A token of the administrator.
    let token: String
    /// `host:port`, by the name of the service.
    let hosts: [String: String]
    private let fronts: [HTTPFront]
    private let directory: URL

    /// Runs a test with a family that is stopped at the end.
    static func run(_ test: (Family) async throws -> Void) async throws {
        let family = try await Family()
        do {
            try await test(family)
        } catch {
            await family.stop()
            throw error
        }
        await family.stop()
    }

    private init() async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "star-\(UUID().uuidString)")
        let key = SigningKey()
        token = try TokenIssuer(key: key, issuer: "auth", audience: "star")
            .issue(subject: "root", permissions: ["time", "users", "introspect"]).token
        let keys = KeySet([key.publicKey])
        let (store, passwords) = (
            try SQLiteStore(directory.appending(path: "auth.sqlite")), PasswordHasher(workers: 1)
        )
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: OwnStore(store))
        verifier.replaceKeys(keys)
        let auth = try Dispatcher(
            await Self.auth(key, keys, verifier, store, passwords), contract: AuthContract.description,
            verifier: verifier)
        let resource = try Dispatcher(
            ResourceService(executor: QueueExecutor(name: "resource")), contract: ResourceContract.description,
            verifier: verifier)
        let webApp = try Dispatcher(
            WebAppService(
                executor: QueueExecutor(name: "webapp"), auth: Peer(InProcessCaller(auth)),
                resource: Peer(InProcessCaller(resource)), resourceOverHTTP: Peer(InProcessCaller(resource))),
            contract: WebAppContract.description, verifier: verifier)
        let boilerplate = try Dispatcher(
            BoilerplateService(executor: QueueExecutor(name: "boilerplate")),
            contract: BoilerplateContract.description, verifier: verifier)
        var hosts: [String: String] = [:]
        var fronts: [HTTPFront] = []
        for dispatcher in [auth, resource, webApp, boilerplate] {
            let front = try HTTPFront(dispatcher, pages: Page.documents(of: dispatcher.contracts))
            hosts[dispatcher.contracts[0].name] = String(try await front.start()[0].dropFirst("http://".count))
            fronts.append(front)
        }
        (self.hosts, self.fronts) = (hosts, fronts)
    }

    private func stop() async {
        for front in fronts { await front.stop() }
        try? FileManager.default.removeItem(at: directory)
    }

    private static func auth(
        _ key: SigningKey, _ keys: KeySet, _ verifier: any TokenVerifier, _ store: SQLiteStore,
        _ passwords: PasswordHasher
    ) async throws -> AuthService {
        let hash = try await passwords.hash("correct horse battery staple")
        _ = try await store.set(Role(name: "clerk", permissions: ["time"]), entry(.roleSet, "clerk")).get()
        for (name, permissions) in [("ada", ["time"]), ("root", ["time", "users", "introspect"])] {
            let user = User(name: name, passwordHash: hash, permissions: Set(permissions), created: .now)
            _ = try await store.add(user, by: .owner, entry(.userAdded, name)).get()
        }
        var rules = AuthRules()
        (rules.perAccount, rules.perAddress, rules.guestPermissions) = (0, 0, ["time"])
        return AuthService(
            executor: QueueExecutor(name: "auth"),
            issuer: TokenIssuer(key: key, issuer: "auth", audience: "star"), publicKeys: keys, verifier: verifier,
            store: store, passwords: passwords, rules: rules)
    }

    private static func entry(_ action: AuditEntry.Action, _ target: String) -> AuditEntry {
        AuditEntry(action, of: target, by: "test", at: .now)
    }
}
