import Contracts
import Endpoints
import Foundation
import HTTPTransport
import Hosting
import Logging
import RPC
import Tokens

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
        let verifier: AccessTokenVerifier
        /// Tasks beside the service, until the process ends.
        var background: [@Sendable () async throws -> Void] = []
        /// Interceptors of its calls, beside the log and the metrics.
        var interceptors: [any ServerInterceptor] = []
        var observers: [any CallObserver] = []
        /// Pages of its HTTP front beside its contract and documents.
        var pages: [Page] = []
        /// Closes the service's store and the like, once the process has stopped.
        var close: @Sendable () async -> Void = {}
    }

    /// In the order of their dependence.
    static let all = [auth, resource, webApp, boilerplate]

    /// The names of all, for people.
    static var names: String { all.map(\.name).joined(separator: ", ") }
}

extension Member {
    static func verifier(
        _ host: ServiceHost, _ settings: FleetSettings
    ) async throws -> AccessTokenVerifier {
        let auth = Client<AuthContract>(try await host.caller(to: AuthContract.description))
        return AccessTokenVerifier(
            issuer: settings.issuer, audience: settings.audience, source: AuthKeys(auth: auth))
    }

    /// Begins to listen to auth's news.
    ///
    /// - Returns: what fetches auth's keys as soon as auth is there, and keeps up with what changes. The service starts
    ///   without waiting for it.
    /// - Throws: `SettingsError` where an address of the news is wrong, or a key for it is missing.
    static func follow(
        _ verifier: AccessTokenVerifier, _ host: ServiceHost
    ) async throws -> @Sendable () async throws -> Void {
        let follower = NewsFollower(verifier)
        try await host.listen(to: AuthContract.description, changes) { follower.heard($0) }
        return {
            async let following: Void = follower.run()
            try await verifier.warmUp { problem in host.logger.info("Auth's keys have not come yet: \(problem.detail)")
            }
            host.logger.info("Auth's keys are here")
            await following
        }
    }

    /// The endpoint that returns keys and revocations, and the topic of the bulletins about them.
    static let changes = AuthContract.description.qualifiedName(of: AuthContract.changes.description)
}

/// Auth, asked over whatever transport reaches it.
private struct AuthKeys: KeySource {
    let auth: Client<AuthContract>

    func changes(since edition: Edition?) async throws(Problem) -> TokenChanges {
        try await auth.call(
            AuthContract.changes, ChangesQuestion(series: edition?.series, since: edition?.number),
            timeout: .seconds(1))
    }

    func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        _ = try await auth.call(
            AuthContract.valid, PermissionQuestion(resource: permission), in: context, token: context.token)
    }
}
