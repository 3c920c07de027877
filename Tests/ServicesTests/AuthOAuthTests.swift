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

    private func send(
        _ grant: String, _ fill: (inout TokenRequest) -> Void = { _ in }
    ) async throws -> TokenResponse {
        var request = TokenRequest(grant)
        fill(&request)
        return try await client.call(AuthContract.token, request)
    }

    private func logIn(scope: String? = nil, as client: (String, String)? = nil) async throws -> TokenResponse {
        try await send("password") {
            ($0.username, $0.password, $0.scope) = ("ada", "correct horse", scope)
            ($0.clientID, $0.clientSecret) = (client?.0, client?.1)
        }
    }

    private func refresh(
        _ token: String?, scope: String? = nil, as client: (String, String)? = nil
    ) async throws -> TokenResponse {
        try await send("refresh_token") {
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
        #expect(first.tokenType == "Bearer" && first.scope == "tide time")
        #expect((240...300).contains(first.expiresIn), "counted from the response on, not from the token's making")
        let principal = try await trust.verifier.verify(first.accessToken)
        #expect(principal.username == "ada" && principal.permissions == ["tide", "time"])
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
            await problem { try await send("password") { ($0.username, $0.password) = ("ada", "wrong horse") } }?.kind
                == .invalidGrant)
        #expect(await problem { try await refresh("nobody's") }?.kind == .invalidGrant)
        #expect(await problem { try await send("implicit") }?.kind == .unsupportedGrantType)
        #expect(await problem { try await send("password") { $0.username = "ada" } }?.kind.code == "invalid_request")
        #expect(await problem { try await send("client_credentials") }?.kind == .invalidClient)
        #expect(await problem { try await logIn(as: ("nobody", "secret")) }?.kind == .invalidClient)
        #expect(await problem { try await send("refresh_token") { $0.clientSecret = "x" } }?.kind == .invalidClient)
        var rules = AuthPolicy()
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
            try await send("client_credentials") {
                ($0.clientID, $0.clientSecret, $0.scope) = ("reports", secret, scope)
            }
        }
        let grant = try await own(secret, scope: "time")
        #expect(grant.refreshToken == nil && grant.scope == "time")
        #expect(try await trust.verifier.verify(grant.accessToken).username == "client:reports")
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
            try await send("refresh_token") { ($0.refreshToken, $0.clientID) = (grant.refreshToken, "web") }
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

    @Test("a client ends its sessions with its secret, and nobody else does")
    func revocation() async throws {
        let web = ("web", try await add("web", []))
        let other = ("other", try await add("other", []))
        func end(_ token: String?, as client: (String, String)? = nil) async -> Problem? {
            var question = TokenQuestion(token ?? "")
            (question.clientID, question.clientSecret) = (client?.0, client?.1)
            return await problem { [question] in try await self.client.call(AuthContract.revokeToken, question) }
        }
        let grant = try await logIn(as: web)
        #expect(await end(grant.refreshToken)?.kind == .invalidGrant)
        #expect(await end(grant.refreshToken, as: other)?.kind == .invalidGrant)
        #expect(await end(grant.refreshToken, as: ("web", "wrong"))?.kind == .invalidClient)
        #expect(await isGood(grant.accessToken))
        #expect(await end(grant.refreshToken, as: web) == nil)
        #expect(await !isGood(grant.accessToken))
        // Without a client a token is enough, and a token that is none needs no end.
        let own = try await logIn()
        #expect(await end(own.accessToken) == nil)
        #expect(await !isGood(own.accessToken))
        #expect(await end("nobody's", as: web) == nil)
    }

    @Test("a client judges tokens with its secret if it may, and a bearer with a token")
    func introspection() async throws {
        try await store.add("boss", "seven wet socks", ["users", "introspect"])
        let login = Credentials(user: "boss", password: "seven wet socks")
        let boss = try await client.call(AuthContract.create, login).token
        let gateway = NewClient(client: "gateway", permissions: ["introspect"])
        let secret = try await client.call(AuthContract.addClient, gateway, token: boss).secret
        let other = try await add("other", [])
        let token = try await logIn(scope: "time").accessToken
        func judge(_ client: (String, String)?, bearer: String? = nil) async throws -> Introspection {
            var question = TokenQuestion(token)
            (question.clientID, question.clientSecret) = (client?.0, client?.1)
            return try await self.client.call(AuthContract.introspectToken, question, token: bearer)
        }
        for verdict in [try await judge(("gateway", secret)), try await judge(nil, bearer: boss)] {
            #expect(verdict.active && verdict.scope == "time" && verdict.username == "ada")
        }
        #expect(await problem { try await judge(("gateway", "wrong")) }?.kind == .invalidClient)
        #expect(await problem { try await judge(nil) }?.kind == .invalidClient)
        #expect(await problem { try await judge(nil, bearer: "wrong") }?.kind == .invalidClient)
        #expect(await problem { try await judge(("other", other)) }?.kind == .insufficientScope)
        #expect(await problem { try await judge(nil, bearer: token) }?.kind == .insufficientScope)
    }

    @Test("a name that is given again is another subject, for users and clients, and the audit trail tells them apart")
    func subjects() async throws {
        let root = try await administrator()
        func add() async throws -> (user: Principal, client: Principal) {
            let new = NewUser(user: "eve", password: "seven wet socks", permissions: ["time"])
            let profile = try await client.call(AuthContract.addUser, new, token: root)
            let grant = try await send("password") { ($0.username, $0.password) = ("eve", "seven wet socks") }
            let next = try await refresh(grant.refreshToken)
            let user = try await trust.verifier.verify(next.accessToken)
            #expect(try await trust.verifier.verify(grant.accessToken).subject == profile.id)
            #expect(user.subject == profile.id && user.username == "eve")
            let secret = try await self.add("reports", ["time"])
            let own = try await send("client_credentials") { ($0.clientID, $0.clientSecret) = ("reports", secret) }
            return (user, try await trust.verifier.verify(own.accessToken))
        }
        let first = try await add()
        _ = try await client.call(AuthContract.removeUser, UserName("eve"), token: root)
        _ = try await client.call(AuthContract.removeClient, ClientID("reports"), token: root)
        let second = try await add()
        #expect(Set([first.user, first.client, second.user, second.client].map(\.subject)).count == 4)
        #expect(second.client.username == "client:reports")
        let trail = try await store.store.audit(before: nil, limit: 20).map(\.entry)
        for (action, id) in [
            (AuditEntry.AuditAction.userRemoved, first.user.subject), (.userAdded, second.user.subject),
        ] {
            #expect(trail.first { $0.action == action }?.detail.contains(id) == true)
        }
    }
}
