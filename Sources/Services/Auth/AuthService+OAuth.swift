import Contracts
import Endpoints
import Foundation
import RPC
import Tokens

// The endpoints of OAuth 2.0 (RFC 6749, 7009, 7662), and the clients that may use them.
extension AuthService {
    func token(_ request: TokenRequest, _ context: CallContext) async throws -> TokenResponse {
        let client = try await client(request.clientID, request.clientSecret, context)
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

    func revokeToken(_ question: TokenQuestion, _ context: CallContext) async throws -> Empty {
        let client = try await client(question.clientID, question.clientSecret, context)
        let hash = OpaqueToken(question.token).hash
        let found = try await query { store throws(StoreError) in try await store.refreshToken(hash) }
        if let owner = found?.token.client, owner != client?.id {
            throw Problem(.invalidGrant, "The token belongs to another client.")
        }
        return try await revoke(RevocationRequest(token: question.token), context)
    }

    func introspectToken(_ question: TokenQuestion, _ context: CallContext) async throws -> Introspection {
        let held: Set<String>
        if let client = try await client(question.clientID, question.clientSecret, context) {
            held = try await query { store throws(StoreError) in
                try await store.permissions(of: ClientAccount.name(of: client.id))
            }
        } else if let token = context.token, let principal = try await principal(of: token) {
            held = principal.permissions
        } else {
            throw Problem(.invalidClient, "A client shows its id and its secret, anybody else a token.")
        }
        guard held.contains(AuthContract.Permission.introspect) else {
            throw Problem(.insufficientScope, "The permission introspect is needed.")
        }
        return try await introspect(IntrospectionRequest(token: question.token), context)
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
        let secret: StoredSecret
    }

    /// The client that asks (RFC 6749, section 2.3).
    ///
    /// - Returns: `nil` for one that has no secret and is not registered, or that says nothing of itself.
    /// - Throws: ``Problem/Kind/invalidClient``.
    private func client(_ id: String?, _ secret: String?, _ context: CallContext) async throws -> KnownClient? {
        guard let id else {
            guard secret == nil else { throw Problem(.invalidClient, "A secret needs a client_id.") }
            return nil
        }
        let stored = try await query { store throws(StoreError) in
            try await store.secret(of: ClientAccount.name(of: id))
        }
        if stored == nil, secret == nil { return nil }
        guard let stored, let secret, OpaqueToken(secret).hash == stored.hash else {
            try limits.count(.secret, from: context.origin)
            throw Problem(.invalidClient, "There is no such client with such a secret, or it is locked.")
        }
        return KnownClient(id: id, secret: stored)
    }

    /// Tokens that a client has for itself. It gets no refresh token: its secret is as good (RFC 6749, section 4.4.3). The
    /// session that the store keeps is there to end them.
    private func tokens(of client: KnownClient, _ scope: Set<String>?) async throws -> Issued {
        let account = ClientAccount.name(of: client.id)
        try await check(scope, of: account)
        let grant = grant(
            to: account, client.secret.subject, client: client.id, scope: scope, lifetime: issuer.lifetime)
        let permissions = try await write { store throws(StoreError) in
            try await store.open(grant.refresh, passwordHash: client.secret.hash, rehashed: nil)
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
