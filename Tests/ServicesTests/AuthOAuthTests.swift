import Contracts
import Endpoints
import Foundation
import RPC
import Testing
import Tokens

@testable import Auth

@Suite("The token endpoint of OAuth", .timeLimit(.minutes(1)))
struct AuthOAuthTests {
    let trust = Trust()
    let store: NewStore
    let client: Client<AuthContract>

    init() async throws {
        store = try NewStore()
        try await store.add("ada", "correct horse", ["time", "tide"])
        try await store.add("root", "battery staple", ["users", "time", "tide"])
        client = Client(try Line(trust.auth(store: store.store), AuthContract.description, trust.verifier(store.store)))
    }

    private func ask(
        _ grant: String, _ fill: (inout TokenRequest) -> Void = { _ in }
    ) async throws -> TokenResponse {
        var request = TokenRequest(grant)
        fill(&request)
        return try await client.call(AuthContract.token, request)
    }

    private func logIn(scope: String? = nil, as client: (String, String)? = nil) async throws -> TokenResponse {
        try await ask("password") {
            ($0.username, $0.password, $0.scope) = ("ada", "correct horse", scope)
            ($0.clientID, $0.clientSecret) = (client?.0, client?.1)
        }
    }

    private func refresh(
        _ token: String?, scope: String? = nil, as client: (String, String)? = nil
    ) async throws -> TokenResponse {
        try await ask("refresh_token") {
            ($0.refreshToken, $0.scope, $0.clientID, $0.clientSecret) = (token, scope, client?.0, client?.1)
        }
    }

    private func administrator() async throws -> String {
        let login = Credentials(user: "root", password: "battery staple")
        return try await client.call(AuthContract.create, login).token
    }

    private func add(_ id: String, _ permissions: [String]) async throws -> String {
        let new = NewClient(client: id, permissions: permissions)
        return try await client.call(AuthContract.addClient, new, token: administrator()).secret
    }

    private func isGood(_ token: String) async -> Bool {
        await problem {
            try await client.call(AuthContract.valid, PermissionQuestion(resource: "time"), token: token)
        } == nil
    }

    @Test("a password gets tokens, and a refresh token the next ones")
    func password() async throws {
        let first = try await logIn()
        #expect(first.tokenType == "Bearer" && first.expiresIn == 300 && first.scope == "tide time")
        let principal = try await trust.verifier.verify(first.accessToken)
        #expect(principal.subject == "ada" && principal.permissions == ["tide", "time"])
        let second = try await refresh(first.refreshToken)
        #expect(second.scope == "tide time" && second.refreshToken != first.refreshToken)
    }

    @Test("a scope narrows a session for good, and a token of it further; more than is held is refused")
    func scope() async throws {
        let narrow = try await logIn(scope: "time")
        #expect(narrow.scope == "time")
        #expect(try await trust.verifier.verify(narrow.accessToken).permissions == ["time"])
        let next = try await refresh(narrow.refreshToken)
        #expect(next.scope == "time")
        #expect(await problem { try await refresh(next.refreshToken, scope: "tide") }?.kind == .invalidScope)
        #expect(await problem { try await logIn(scope: "time moon") }?.kind == .invalidScope)
        let wide = try await refresh(logIn().refreshToken, scope: "tide")
        #expect(wide.scope == "tide")
        #expect(try await refresh(wide.refreshToken).scope == "tide time")
    }

    @Test("what is wrong with a grant has the error of the RFC")
    func wrong() async throws {
        #expect(
            await problem { try await ask("password") { ($0.username, $0.password) = ("ada", "wrong horse") } }?.kind
                == .invalidGrant)
        #expect(await problem { try await refresh("nobody's") }?.kind == .invalidGrant)
        #expect(await problem { try await ask("implicit") }?.kind == .unsupportedGrantType)
        #expect(await problem { try await ask("password") { $0.username = "ada" } }?.kind == .invalid)
        #expect(await problem { try await ask("client_credentials") }?.kind == .invalidClient)
        #expect(await problem { try await logIn(as: ("nobody", "secret")) }?.kind == .invalidClient)
        #expect(await problem { try await ask("refresh_token") { $0.clientSecret = "x" } }?.kind == .invalidClient)
        var rules = AuthRules()
        (rules.perAccount, rules.perAddress, rules.allowsPasswordGrant) = (0, 0, false)
        let auth = try trust.auth(store: store.store, rules: rules)
        let strict = Client<AuthContract>(try Line(auth, AuthContract.description, trust.verifier))
        var request = TokenRequest("password")
        (request.username, request.password) = ("ada", "correct horse")
        #expect(
            await problem { try await strict.call(AuthContract.token, request) }?.kind == .unsupportedGrantType)
        #expect(try await strict.call(AuthContract.metadata).grantTypes == ["client_credentials", "refresh_token"])
    }

    @Test("a client acts for itself with its secret, and its tokens end with that")
    func clientCredentials() async throws {
        let secret = try await add("reports", ["time", "tide"])
        func own(_ secret: String, scope: String? = nil) async throws -> TokenResponse {
            try await ask("client_credentials") {
                ($0.clientID, $0.clientSecret, $0.scope) = ("reports", secret, scope)
            }
        }
        let grant = try await own(secret, scope: "time")
        #expect(grant.refreshToken == nil && grant.scope == "time")
        #expect(try await trust.verifier.verify(grant.accessToken).subject == "client:reports")
        #expect(await problem { try await own(secret + "x") }?.kind == .invalidClient)
        #expect(await isGood(grant.accessToken))
        let root = try await administrator()
        let new = try await client.call(AuthContract.rotateClient, ClientID("reports"), token: root).secret
        #expect(await problem { try await own(secret) }?.kind == .invalidClient)
        #expect(await !isGood(grant.accessToken))
        let other = try await own(new)
        #expect(other.scope == "tide time")
        let page = try await client.call(AuthContract.listClients, PageRequest(), token: root)
        #expect(page.clients.map(\.client) == ["reports"])
        _ = try await client.call(AuthContract.removeClient, ClientID("reports"), token: root)
        #expect(await !isGood(other.accessToken))
        #expect(await problem { try await own(new) }?.kind == .invalidClient)
        let users = try await client.call(AuthContract.listUsers, PageRequest(), token: root)
        #expect(users.users.map(\.user) == ["ada", "root"])
    }

    @Test("a session that a client has opened is nobody else's")
    func binding() async throws {
        let web = ("web", try await add("web", []))
        let other = ("other", try await add("other", []))
        let grant = try await logIn(as: web)
        #expect(await problem { try await refresh(grant.refreshToken) }?.kind == .invalidGrant)
        #expect(await problem { try await refresh(grant.refreshToken, as: other) }?.kind == .invalidGrant)
        let plain = RefreshRequest(refreshToken: grant.refreshToken ?? "")
        #expect(await problem { try await client.call(AuthContract.refresh, plain) }?.kind == .credentialsWrong)
        // A client that has a secret shows it; one that is not registered has none.
        let secretless = await problem {
            try await ask("refresh_token") { ($0.refreshToken, $0.clientID) = (grant.refreshToken, "web") }
        }
        #expect(secretless?.kind == .invalidClient)
        _ = try await refresh(grant.refreshToken, as: web)
    }

    @Test("a client's account takes no password, and is no user")
    func account() async throws {
        let secret = try await add("reports", ["time"])
        let login = Credentials(user: "client:reports", password: secret)
        #expect(await problem { try await client.call(AuthContract.create, login) }?.kind == .credentialsWrong)
        #expect(UserRules.fault(ofName: "client:reports") != nil)
    }
}
