import Auth
import Boilerplate
import Contracts
import Endpoints
import HTTPTransport
import Passwords
import RPC
import Resource
import Tokens
import WebApp

@testable import Hosting

/// The four services behind HTTP fronts on free ports, with one user, Ada, who is whom the documents' examples name.
struct Family {
    /// `host:port`, by the name of the service.
    let hosts: [String: String]
    private let fronts: [HTTPFront]

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
        let key = SigningKey()
        let keys = KeySet([key.publicKey])
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: keys)
        verifier.replaceKeys(keys)
        let auth = try Dispatcher(
            await Self.auth(key, keys), contract: AuthContract.description, verifier: verifier)
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
    }

    private static func auth(_ key: SigningKey, _ keys: KeySet) async throws -> AuthService {
        let passwords = PasswordHasher(workers: 1)
        let ada = FileUser(
            name: "ada", passwordHash: try await passwords.hash("correct horse battery staple"), permissions: ["time"])
        return AuthService(
            executor: QueueExecutor(name: "auth"),
            issuer: TokenIssuer(key: key, issuer: "auth", audience: "star"), publicKeys: keys,
            users: OneUser(user: ada),
            passwords: passwords, guestPermissions: ["time"])
    }
}

private struct OneUser: FileUsers {
    let user: FileUser

    func user(named name: String) async throws -> FileUser? { name == user.name ? user : nil }
    func save(_ user: FileUser) async throws {}
    func remove(named name: String) async throws -> Bool { false }
    func all() async throws -> [FileUser] { [user] }
}
