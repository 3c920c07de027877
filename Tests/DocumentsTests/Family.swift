import Auth
import AuthSQLite
import Boilerplate
import Contracts
import Endpoints
import Foundation
import HTTPTransport
import JOSE
import Passwords
import RPC
import Resource
import TemporaryFiles
import Tokens
import WebApp

@testable import Hosting

/// The four services behind HTTP fronts on free ports.
struct Family {
    /// `host:port`, by the name of the service.
    let hosts: [String: String]
    private let fronts: [HTTPFront]
    private let directory = TemporaryDirectory()

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
        let keys = JWKSet([SigningKey().publicKey])
        let store = try SQLiteStore(directory.url.appending(path: "auth.sqlite"))
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: LocalIssuer(store))
        verifier.replaceKeys(keys)
        let auth = try Dispatcher(
            AuthService(
                executor: QueueExecutor(name: "auth"),
                issuer: TokenIssuer(key: SigningKey(), issuer: "auth", audience: "star"), publicKeys: keys,
                verifier: verifier, store: store, passwords: PasswordHasher(workers: 1), rules: AuthPolicy()),
            contract: AuthContract.description, verifier: verifier)
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
        var hosts: [String: String] = [:]
        var fronts: [HTTPFront] = []
        for dispatcher in [auth, resource, webApp, boilerplate] {
            let front = try HTTPFront(dispatcher, pages: Page.all(of: dispatcher.contracts))
            hosts[dispatcher.contracts[0].name] = String(try await front.start()[0].dropFirst("http://".count))
            fronts.append(front)
        }
        (self.hosts, self.fronts) = (hosts, fronts)
    }

    private func stop() async {
        for front in fronts { await front.stop() }
    }
}
