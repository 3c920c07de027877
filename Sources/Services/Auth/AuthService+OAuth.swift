import Contracts
import Endpoints
import Foundation
import RPC
import Tokens

// The token endpoint of OAuth 2.0 (RFC 6749), and the clients that may use it.
extension AuthService {
    func token(_ request: TokenRequest, _ context: CallContext) async throws -> TokenResponse {
        let client = try await client(request, context)
        let scope = request.scope.map { Set($0.split(separator: " ").map(String.init)) }
        do {
            switch request.grantType {
            case "client_credentials":
                guard let client else { throw Problem(.invalidClient, "A client shows its id and its secret.") }
                return try await tokens(of: client, scope).response(isRefreshed: false)
            case "refresh_token":
                let shown = try Self.parameter("refresh_token", request.refreshToken)
                return try await exchange(shown, client: client?.id, scope: scope, context).response()
            case "password" where rules.allowsPasswordGrant:
                let name = try Self.parameter("username", request.username)
                let password = try Self.parameter("password", request.password)
                return try await grant(password, of: name, client: client?.id, scope: scope, context).response()
            default: throw Problem(.unsupportedGrantType, "The grant \(request.grantType) is not supported here.")
            }
        } catch let problem as Problem where problem.kind == .credentialsWrong {
            throw Problem(.invalidGrant, problem.detail)
        }
    }

    private static func parameter(_ name: String, _ value: String?) throws(Problem) -> String {
        guard let value else {
            throw Problem(
                .invalid, "A parameter is missing.", faults: [.init(pointer: "/" + name, detail: "is missing")])
        }
        return value
    }

    /// A client that has shown its secret.
    private struct KnownClient {
        let id: String
        let secretHash: String
    }

    /// The client that asks (RFC 6749, section 2.3).
    ///
    /// - Returns: `nil` for one that has no secret and is not registered, or that says nothing of itself.
    /// - Throws: ``Problem/Kind/invalidClient``.
    private func client(_ request: TokenRequest, _ context: CallContext) async throws -> KnownClient? {
        guard let id = request.clientID else {
            guard request.clientSecret == nil else { throw Problem(.invalidClient, "A secret needs a client_id.") }
            return nil
        }
        let hash = try await ask { store throws(StoreError) in
            try await store.passwordHash(of: ClientAccount.name(of: id))
        }
        if hash == nil, request.clientSecret == nil { return nil }
        guard let hash, let secret = request.clientSecret, OpaqueToken(secret).hash == hash else {
            try limits.count(.secret, from: context.origin)
            throw Problem(.invalidClient, "There is no such client with such a secret, or it is locked.")
        }
        return KnownClient(id: id, secretHash: hash)
    }

    /// Tokens that a client has for itself. It gets no refresh token: its secret is as good (RFC 6749, section 4.4.3). The
    /// session that the store keeps is there to end them.
    private func tokens(of client: KnownClient, _ scope: Set<String>?) async throws -> Issued {
        let account = ClientAccount.name(of: client.id)
        try await check(scope, of: account)
        let grant = grant(to: account, client: client.id, scope: scope, lifetime: issuer.lifetime)
        let permissions = try await ask { store throws(StoreError) in
            try await store.open(grant.refresh, passwordHash: client.secretHash, rehashed: nil)
        }
        guard let permissions else { throw Problem(.invalidClient, "The client has another secret by now.") }
        return try issue(grant, permissions)
    }
}

extension Issued {
    fileprivate func response(isRefreshed: Bool = true) -> TokenResponse {
        TokenResponse(
            accessToken: access.token, expiresIn: access.expires.secondsLeft,
            scope: permissions.sorted().joined(separator: " "), refreshToken: isRefreshed ? secret.text : nil)
    }
}
