import Contracts
import Endpoints
import Foundation
import Passwords
import RPC
import Testing
import Tokens

@testable import Auth

@Suite("Auth", .timeLimit(.minutes(1)))
struct AuthTests {
    let trust = Trust()
    let store: NewStore

    init() throws {
        store = try NewStore()
    }

    func client(guests: Set<String> = ["time"]) throws -> Client<AuthContract> {
        let auth = try trust.auth(store: store.store, guests: guests)
        return Client(try Line(auth, AuthContract.description, trust.verifier))
    }

    @Test("a guest gets a token that holds the guests' permissions and no others")
    func guest() async throws {
        let grant = try await client(guests: ["time", "tide"]).call(AuthContract.create, .guest)
        let principal = try await trust.verifier.verify(grant.token)
        #expect(principal.subject == "guest" && principal.permissions == ["time", "tide"])
        #expect(grant.expiresIn == 300)
        #expect(abs(principal.expires.timeIntervalSinceNow - 300) < 10)
    }

    @Test("where guests have no permissions, there are no guests")
    func noGuests() async throws {
        let client = try client(guests: [])
        #expect(await problem { try await client.call(AuthContract.create, .guest) }?.kind == .permissionDenied)
    }

    @Test("a user with the right password gets a token that is the user's own")
    func user() async throws {
        try await store.add("ada", "correct horse", ["time", "greet"])
        let grant = try await client(guests: []).call(
            AuthContract.create, Credentials(user: "ada", password: "correct horse"))
        let principal = try await trust.verifier.verify(grant.token)
        #expect(principal.username == "ada" && principal.permissions == ["time", "greet"])
    }

    @Test(
        "who has not both right is refused, with one text for all",
        arguments: [
            Credentials(user: "ada", password: "wrong horse"), Credentials(user: "bob", password: "correct horse"),
            Credentials(user: "ada"), Credentials(user: "ada", password: "correct horse "),
            Credentials(user: "Ada", password: "Correct horse"),
        ])
    func wrong(_ credentials: Credentials) async throws {
        try await store.add("ada", "correct horse", ["time"])
        let client = try client()
        let refusal = await problem { try await client.call(AuthContract.create, credentials) }
        #expect(refusal?.status == 401 && refusal?.kind.code == "credentials_wrong")
        #expect(refusal?.detail == "There is no such user with such a password, or it is locked.")
        #expect(refusal?.faults.isEmpty == true)
    }

    @Test("a password without a user is not taken for a guest")
    func passwordAlone() async throws {
        let client = try client()
        let refusal = await problem {
            try await client.call(AuthContract.create, Credentials(password: "correct horse"))
        }
        #expect(refusal?.kind.code == "credentials_wrong")
    }

    @Test("a name or password of no length, or of too much, breaks the contract")
    func lengths() async throws {
        let client = try client()
        for credentials in [
            Credentials(user: "", password: "a"), Credentials(user: "ada", password: ""),
            Credentials(user: String(repeating: "a", count: 129)),
            Credentials(user: "ada", password: String(repeating: "a", count: 1025)),
        ] {
            let refusal = await problem { try await client.call(AuthContract.create, credentials) }
            #expect(refusal?.kind == .invalid && refusal?.faults.count == 1)
        }
    }

    @Test("a password whose hash is of weaker parameters is hashed anew when it is next used")
    func outdated() async throws {
        // “swordfish” with 8 MiB and one pass.
        let weak =
            "$argon2id$v=19$m=8192,t=1,p=1$QG6SwJSC6mIcZgGb9H/Cbg$DQY1oOeKvXCGFPXL4/AgXiKIIMSmYfqDJwwVbJsv/vo"
        try await store.add("ada", "", ["time"], hash: weak)
        let client = try client()
        let credentials = Credentials(user: "ada", password: "swordfish")
        _ = try await client.call(AuthContract.create, credentials)
        let stored = try await store.user("ada")
        #expect(stored.passwordHash != weak && stored.permissions == ["time"])
        #expect(try await PasswordHasher(workers: 1).verify("swordfish", against: stored.passwordHash) == .right)
        _ = try await client.call(AuthContract.create, credentials)
        #expect(try await store.user("ada") == stored)
    }

    @Test("of several logins at once that find a weak hash, all are let in")
    func outdatedTogether() async throws {
        let weak =
            "$argon2id$v=19$m=8192,t=1,p=1$QG6SwJSC6mIcZgGb9H/Cbg$DQY1oOeKvXCGFPXL4/AgXiKIIMSmYfqDJwwVbJsv/vo"
        try await store.add("ada", "", ["time"], hash: weak)
        let auth = try trust.auth(store: store.store, passwords: PasswordHasher(workers: 4))
        let client = Client<AuthContract>(try Line(auth, AuthContract.description, trust.verifier))
        try await withThrowingTaskGroup { group in
            for _ in 1...4 {
                group.addTask {
                    _ = try await client.call(AuthContract.create, Credentials(user: "ada", password: "swordfish"))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a token is valid for what it permits, forbidden for the rest, and none is none")
    func valid() async throws {
        let client = try client()
        let token = try trust.token(["time"])
        _ = try await client.call(AuthContract.valid, PermissionQuestion(resource: "time"), token: token)
        func refusal(_ resource: String, _ token: String?) async -> Problem? {
            await problem {
                try await client.call(AuthContract.valid, PermissionQuestion(resource: resource), token: token)
            }
        }
        #expect(await refusal("tide", token)?.kind == .permissionDenied)
        #expect(await refusal("time", nil)?.kind == .tokenMissing)
        #expect(await refusal("time", "a.b.c")?.kind == .tokenInvalid)
        #expect(await refusal("time", try Trust().token(["time"]))?.kind == .tokenInvalid)
        #expect(await refusal("", token)?.kind == .invalid)
    }

    @Test("its keys verify its tokens, and hold nothing private")
    func keys() async throws {
        let client = try client()
        let keys = try await client.call(AuthContract.keys)
        #expect(keys == trust.keys)
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: keys)
        _ = try await verifier.verify(client.call(AuthContract.create, .guest).token)
        let text = String(decoding: try JSONEncoder().encode(keys), as: UTF8.self)
        #expect(text.contains(#""x":"#) && !text.contains(#""d":"#))
    }

    @Test("it names its endpoints to programs that know OAuth, each where the contract has it")
    func metadata() async throws {
        let metadata = try await client().call(AuthContract.metadata)
        #expect(metadata.issuer == "auth" && metadata.jwksURI == "http://127.0.0.1:5040/.well-known/jwks.json")
        #expect(metadata.revocationEndpoint == "http://127.0.0.1:5040/oauth/revoke")
    }

    @Test("a token says whose it is and what it permits")
    func me() async throws {
        try await store.add("ada", "correct horse", ["time", "greet"])
        let client = try client()
        let grant = try await client.call(AuthContract.create, Credentials(user: "ada", password: "correct horse"))
        let identity = try await client.call(AuthContract.me, token: grant.token)
        #expect(identity.user == "ada" && identity.permissions == ["greet", "time"])
        let guest = try await client.call(AuthContract.me, token: client.call(AuthContract.create, .guest).token)
        #expect(guest.user == "guest" && guest.permissions == ["time"])
    }
}
