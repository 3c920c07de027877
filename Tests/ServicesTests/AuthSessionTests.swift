import Contracts
import Endpoints
import Foundation
import RPC
import TemporaryFiles
import Testing
import Tokens

@testable import Auth

@Suite("Sessions of auth", .timeLimit(.minutes(1)))
struct AuthSessionTests {
    let trust = Trust()
    let store: NewStore
    let auth: AuthService
    let client: Client<AuthContract>

    init() async throws {
        store = try NewStore()
        try await store.add("ada", "correct horse", ["time"])
        try await store.add("root", "battery staple", ["introspect", "users"])
        auth = try trust.auth(store: store.store)
        client = Client(try Line(auth, AuthContract.description, trust.verifier(store.store)))
    }

    func login(_ user: String = "ada", _ password: String = "correct horse") async throws -> TokenGrant {
        try await client.call(AuthContract.create, Credentials(user: user, password: password))
    }

    func refresh(_ token: String?) async throws -> TokenGrant {
        try await client.call(AuthContract.refresh, RefreshRequest(refreshToken: token ?? ""))
    }

    func isValid(_ token: String) async -> Bool {
        await problem {
            try await client.call(AuthContract.valid, PermissionQuestion(resource: "time"), token: token)
        } == nil
    }

    @Test("a user gets a refresh token with the lifetimes of both, a guest gets none")
    func grant() async throws {
        let grant = try await login()
        #expect((240...300).contains(grant.expiresIn), "counted from the response on")
        #expect(try (1_209_540...1_209_600).contains(#require(grant.refreshExpiresIn)))
        #expect(grant.refreshToken?.count == 43)
        let guest = try await client.call(AuthContract.create, .guest)
        #expect(guest.refreshToken == nil && guest.refreshExpiresIn == nil)
    }

    @Test("a refresh token gets new tokens, once, and each time what the user may do by now")
    func rotation() async throws {
        let first = try await login()
        let change = UserChange.access(permissions: ["time", "tide"], roles: nil)
        _ = try await store.store.change(
            "ada", change, by: .system, AuditEntry(.accessChanged, of: "ada", by: "test", at: .now))
        let second = try await refresh(first.refreshToken)
        let third = try await refresh(second.refreshToken)
        #expect(Set([first, second, third].map(\.refreshToken)).count == 3)
        #expect(try await trust.verifier.verify(first.token).permissions == ["time"])
        #expect(try await trust.verifier.verify(third.token).permissions == ["time", "tide"])
    }

    @Test("whoever has not received an answer asks again, and gets the same tokens")
    func lostAnswer() async throws {
        let first = try await login()
        let second = try await refresh(first.refreshToken)
        let again = try await refresh(first.refreshToken)
        #expect(again.refreshToken == second.refreshToken)
        let (one, other) = (try await principal(second.token), try await principal(again.token))
        #expect(one.tokenID == other.tokenID && one.expires == other.expires)
        #expect(again.expiresIn <= second.expiresIn && again.expiresIn > 240)
        let third = try await refresh(again.refreshToken)
        #expect(await isValid(third.token))
        // The next one was used: who shows the first one now is somebody else.
        #expect(await problem { try await refresh(first.refreshToken) }?.kind == .credentialsWrong)
        for token in [again.token, third.token] { #expect(await !isValid(token)) }
        #expect(await problem { try await refresh(third.refreshToken) }?.kind == .credentialsWrong)
    }

    private func principal(_ token: String) async throws -> Principal { try await trust.verifier.verify(token) }

    @Test("a refresh token that is used twice ends all that came of it")
    func reuse() async throws {
        var rules = AuthPolicy()
        (rules.perAccount, rules.perAddress, rules.refreshRetry) = (0, 0, .zero)
        let strict = try trust.auth(store: store.store, rules: rules)
        let client = Client<AuthContract>(try Line(strict, AuthContract.description, trust.verifier(store.store)))
        func refresh(_ token: String?) async throws -> TokenGrant {
            try await client.call(AuthContract.refresh, RefreshRequest(refreshToken: token ?? ""))
        }
        let first = try await login()
        let other = try await login()
        let second = try await refresh(first.refreshToken)
        #expect(await isValid(second.token))
        #expect(await problem { try await refresh(first.refreshToken) }?.kind == .credentialsWrong)
        #expect(await problem { try await refresh(second.refreshToken) }?.kind == .credentialsWrong)
        for token in [first.token, second.token] { #expect(await !isValid(token)) }
        #expect(await isValid(other.token))
        _ = try await refresh(other.refreshToken)
        let line = try #require(try await store.store.audit(before: nil, limit: 1).first)
        #expect(line.entry.action == .refreshTokenReused && line.entry.target == "ada")
    }

    @Test("whatever is wrong with a refresh token, the answer is the same")
    func wrong() async throws {
        let grant = try await login()
        _ = try await client.call(AuthContract.revoke, RevocationRequest(token: grant.refreshToken ?? ""))
        var refusals: [Problem?] = []
        for token in ["nobody's", grant.refreshToken ?? "", grant.token] {
            refusals.append(await problem { try await refresh(String(token.prefix(128))) })
        }
        #expect(Set(refusals.map(\.?.detail)).count == 1 && refusals.allSatisfy { $0?.status == 401 })
    }

    @Test("revoking ends an access token alone, or a refresh token with its family; of others nothing is said")
    func revocation() async throws {
        let (one, two) = (try await login(), try await login())
        for token in [one.token, two.refreshToken ?? "", "nobody's", "a.b.c"] {
            _ = try await client.call(AuthContract.revoke, RevocationRequest(token: token))
        }
        #expect(await !isValid(one.token))
        #expect(await !isValid(two.token))
        #expect(await problem { try await refresh(two.refreshToken) } != nil)
        _ = try await refresh(one.refreshToken)
    }

    @Test("while nothing verifies a token, nobody learns that one has ended, or is worth nothing")
    func keyless() async throws {
        let keyless = AccessTokenVerifier(issuer: "auth", audience: "star", source: LocalIssuer(store.store))
        let auth = try trust.auth(store: store.store, verifier: keyless)
        let client = Client<AuthContract>(try Line(auth, AuthContract.description, trust.verifier))
        let token = try await login().token
        let revocation = await problem {
            try await client.call(AuthContract.revoke, RevocationRequest(token: token))
        }
        #expect(revocation?.kind == .unavailable)
        let introspection = await problem {
            try await client.call(
                AuthContract.introspect, IntrospectionRequest(token: token), token: trust.token(["introspect"]))
        }
        #expect(introspection?.kind == .unavailable)
    }

    @Test("introspection says what a token is worth to who may ask, and nothing of one that is worth nothing")
    func introspection() async throws {
        let grant = try await login()
        let asker = try await login("root", "battery staple").token
        func introspection(of token: String?) async throws -> Introspection {
            try await client.call(AuthContract.introspect, IntrospectionRequest(token: token ?? ""), token: asker)
        }
        let ada = try await store.user("ada").id
        let access = try await introspection(of: grant.token)
        #expect(access.active && access.scope == "time" && access.tokenType == "Bearer")
        #expect(access.username == "ada" && access.sub == ada)
        #expect(access.iss == "auth" && access.aud == "star" && access.jti != nil && access.exp != nil)
        let refresh = try await introspection(of: grant.refreshToken)
        #expect(refresh.active && refresh.tokenType == "refresh_token")
        #expect(refresh.username == "ada" && refresh.sub == ada)
        #expect(try await introspection(of: "nobody's") == .inactive)
        #expect(try await introspection(of: Trust().token(["time"])) == .inactive)
        _ = try await client.call(AuthContract.revoke, RevocationRequest(token: grant.refreshToken ?? ""))
        #expect(try await introspection(of: grant.token) == .inactive)
        #expect(try await introspection(of: grant.refreshToken) == .inactive)
        let own = await problem {
            try await client.call(AuthContract.introspect, IntrospectionRequest(token: asker), token: grant.token)
        }
        #expect(own?.kind == .permissionDenied)
    }

    @Test("the store holds neither a refresh token nor a password")
    func secrecy() async throws {
        let grant = try await login()
        await store.store.close()
        let folder = store.directory.url
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let bytes = try Data(contentsOf: file)
            for secret in [grant.refreshToken ?? "", grant.token, "correct horse"] {
                #expect(bytes.firstRange(of: Data(secret.utf8)) == nil)
            }
        }
    }

    @Test("a lock ends what is out, and a locked user is refused as if the password were wrong")
    func locked() async throws {
        let grant = try await login()
        _ = try await store.store.change(
            "ada", .lock, by: .system, AuditEntry(.userLocked, of: "ada", by: "test", at: .now))
        #expect(await !isValid(grant.token))
        #expect(await problem { try await refresh(grant.refreshToken) }?.status == 401)
        let wrong = await problem { try await login("ada", "wrong horse") }
        #expect(await problem { try await login() } == wrong)
        #expect(wrong?.kind == .credentialsWrong)
    }
}
