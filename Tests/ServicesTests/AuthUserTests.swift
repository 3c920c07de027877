import Contracts
import Endpoints
import Foundation
import JSON
import Passwords
import RPC
import Testing
import Tokens

@testable import Auth

@Suite("Users of auth", .timeLimit(.minutes(1)))
struct AuthUserTests {
    let trust = Trust()
    let store: NewStore
    let client: Client<AuthContract>

    init() async throws {
        store = try NewStore()
        try await store.add("root", "battery staple", ["users", "time", "greet"])
        try await store.add("ada", "correct horse", ["time"])
        try await store.add("bob", "purple monkey", ["tide"])
        client = Client(try Line(trust.auth(store: store.store), AuthContract.description, trust.verifier(store.store)))
    }

    func token(_ user: String, _ password: String) async throws -> String {
        try await client.call(AuthContract.create, Credentials(user: user, password: password)).token
    }

    var root: String { get async throws { try await token("root", "battery staple") } }
    var ada: String { get async throws { try await token("ada", "correct horse") } }

    @Test("an administrator adds a user, who can log in; a name that is taken is a conflict")
    func added() async throws {
        let token = try await root
        let new = NewUser(user: "eve", password: "seven wet socks", permissions: ["greet", "time"])
        let profile = try await client.call(AuthContract.addUser, new, token: token)
        #expect(profile.user == "eve" && profile.permissions == ["greet", "time"] && profile.roles == [])
        #expect(!profile.locked && profile.failedAttempts == 0 && profile.created == profile.changed)
        let eve = try await self.token("eve", "seven wet socks")
        #expect(try await trust.verifier.verify(eve).permissions == ["greet", "time"])
        #expect(await problem { try await client.call(AuthContract.addUser, new, token: token) }?.kind == .conflict)
        let line = try #require(try await store.store.audit(before: nil, limit: 1).first?.entry)
        #expect(line.action == .userAdded && line.actor == "root" && line.target == "eve")
    }

    @Test("a user is meant however the name is typed, as at a login")
    func typed() async throws {
        let root = try await root
        let new = NewUser(user: "Eve+Tea@Example.org", password: "seven wet socks")
        let name = "eve+tea@example.org"
        #expect(try await client.call(AuthContract.addUser, new, token: root).user == name)
        let typed = UserName("EVE+tea@example.org")
        #expect(try await client.call(AuthContract.showUser, typed, token: root).user == name)
        let wish = PermissionChange(user: "Eve+tea@example.org", permissions: ["time"])
        #expect(try await client.call(AuthContract.setPermissions, wish, token: root).permissions == ["time"])
        let eve = try await token("Eve+Tea@example.org", "seven wet socks")
        let change = PasswordChange(
            user: typed.user, oldPassword: "seven wet socks", newPassword: "eight wet socks")
        _ = try await client.call(AuthContract.changePassword, change, token: eve)
        #expect(try await client.call(AuthContract.lockUser, typed, token: root).locked)
        #expect(try await !client.call(AuthContract.unlockUser, typed, token: root).locked)
        _ = try await client.call(AuthContract.removeUser, typed, token: root)
        let lines = try await store.store.audit(before: nil, limit: 5).map(\.entry)
        #expect(lines.allSatisfy { $0.target == name }, "\(lines)")
    }

    @Test("a token that is made while a permission is taken away does not keep it")
    func takenMeanwhile() async throws {
        let root = try await root
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await token("ada", "correct horse") } }
            let first = try await group.next()
            let nothing = PermissionChange(user: "ada", permissions: [])
            _ = try await client.call(AuthContract.setPermissions, nothing, token: root)
            return try await group.reduce(into: [first]) { $0.append($1) }
        }
        for token in tokens {
            let question = PermissionQuestion(resource: "time")
            let refusal = await problem { try await client.call(AuthContract.valid, question, token: token) }
            #expect(refusal?.kind == .tokenInvalid || refusal?.kind == .permissionDenied)
        }
    }

    @Test(
        "nobody is added whose name, password or permissions are not in order",
        arguments: [
            (NewUser(user: "e ve", password: "seven wet socks"), "/user"),
            (NewUser(user: " ", password: "seven wet socks"), "/user"),
            (NewUser(user: "Guest", password: "seven wet socks"), "/user"),
            (NewUser(user: ".eve", password: "seven wet socks"), "/user"),
            (NewUser(user: "guest", password: "seven wet socks"), "/user"),
            (NewUser(user: "eve", password: "short"), "/password"),
            (NewUser(user: "eve", password: "Password123"), "/password"),
            (NewUser(user: "evelyn.smith", password: "evelyn.smith1"), "/password"),
            (NewUser(user: "Evelyn.Smith", password: "evelyn.smith1"), "/password"),
            (NewUser(user: "eve", password: "seven wet socks", permissions: ["a b"]), "/permissions/0"),
        ])
    func malformed(_ new: NewUser, _ pointer: String) async throws {
        let token = try await root
        let refusal = await problem { try await client.call(AuthContract.addUser, new, token: token) }
        #expect(
            refusal?.kind == .invalid && refusal?.faults.map(\.pointer) == [pointer], "\(String(describing: refusal))")
        #expect(refusal?.detail.contains(new.password) == false)
    }

    @Test("the contract says how long a password is to be, as its rules do", arguments: [7, 8, 1024, 1025])
    func passwordLength(_ length: Int) {
        let password = String(String(repeating: "äbcdefg", count: 200).unicodeScalars.prefix(length))
        let input: JSONValue = ["user": "eve", "password": .string(password)]
        let isLong = PasswordRules.fault(of: password, user: "eve") == nil
        #expect(NewUser.schema.faults(of: input).isEmpty == isLong && isLong == (8...1024).contains(length))
    }

    @Test("nobody is given a role that there is not")
    func strangeRole() async throws {
        let new = NewUser(user: "eve", password: "seven wet socks", roles: ["king"])
        let token = try await root
        let refusal = await problem { try await client.call(AuthContract.addUser, new, token: token) }
        #expect(refusal?.kind == .conflict && refusal?.faults.map(\.pointer) == ["/roles"])
    }

    @Test("nobody grants what they do not hold, by permission or by role")
    func granting() async throws {
        let token = try await root
        _ = try await store.store.set(
            Role(name: "clerk", permissions: ["seal"]), AuditEntry(.roleSet, of: "clerk", by: "test", at: .now))
        for (permissions, roles) in [(["time", "tide"], nil), (["time"], ["clerk"])] as [([String], [String]?)] {
            let change = PermissionChange(user: "ada", permissions: permissions, roles: roles)
            let refusal = await problem { try await client.call(AuthContract.setPermissions, change, token: token) }
            #expect(refusal?.kind == .permissionDenied)
            let new = NewUser(user: "eve", password: "seven wet socks", permissions: permissions, roles: roles)
            #expect(
                await problem { try await client.call(AuthContract.addUser, new, token: token) }?.kind
                    == .permissionDenied)
        }
        let more = PermissionChange(user: "bob", permissions: ["tide", "greet"])
        let bob = try await client.call(AuthContract.setPermissions, more, token: token)
        #expect(bob.permissions == ["greet", "tide"] && bob.roles == [])
    }

    @Test("the last administrator is neither locked nor removed nor stripped")
    func last() async throws {
        let token = try await root
        let name = UserName("root")
        let strip = PermissionChange(user: "root", permissions: ["time"])
        #expect(await problem { try await client.call(AuthContract.lockUser, name, token: token) }?.kind == .conflict)
        #expect(await problem { try await client.call(AuthContract.removeUser, name, token: token) }?.kind == .conflict)
        #expect(
            await problem { try await client.call(AuthContract.setPermissions, strip, token: token) }?.kind == .conflict
        )
        let grant = PermissionChange(user: "ada", permissions: ["users"])
        _ = try await client.call(AuthContract.setPermissions, grant, token: token)
        #expect(try await client.call(AuthContract.lockUser, name, token: token).locked)
    }

    @Test("users are listed page by page")
    func pages() async throws {
        let token = try await root
        let first = try await client.call(AuthContract.listUsers, PageRequest(limit: 2), token: token)
        #expect(first.users.map(\.user) == ["ada", "bob"] && first.next == "bob")
        let second = try await client.call(AuthContract.listUsers, PageRequest(after: first.next), token: token)
        #expect(second.users.map(\.user) == ["root"] && second.next == nil)
        #expect(try await client.call(AuthContract.listRoles, token: token).roles.isEmpty)
    }

    @Test("a user sees itself and nobody else, whether there is somebody or not")
    func shown() async throws {
        let token = try await ada
        #expect(try await client.call(AuthContract.showUser, UserName("ada"), token: token).permissions == ["time"])
        for name in ["bob", "root", "nobody"] {
            let refusal = await problem { try await client.call(AuthContract.showUser, UserName(name), token: token) }
            #expect(refusal?.kind == .permissionDenied)
        }
        let administrator = try await root
        #expect(try await client.call(AuthContract.showUser, UserName("bob"), token: administrator).user == "bob")
        let nobody = UserName("nobody")
        #expect(
            await problem { try await client.call(AuthContract.showUser, nobody, token: administrator) }?.kind
                == .notFound)
    }

    @Test("an administrator who is one no more does nothing, however long the token lasts")
    func demoted() async throws {
        let token = try trust.token(["users"], subject: "ada")
        for refusal in [
            await problem { try await client.call(AuthContract.lockUser, UserName("bob"), token: token) },
            await problem { try await client.call(AuthContract.listUsers, PageRequest(), token: token) },
            await problem { try await client.call(AuthContract.showUser, UserName("bob"), token: token) },
        ] { #expect(refusal?.kind == .permissionDenied) }
        #expect(try await !store.user("bob").isLocked)
    }

    @Test("a token that is revoked changes nothing from that moment on, though it has not been told of yet")
    func revokedAdministrator() async throws {
        let issued = try trust.issuer.issue(subject: "root", permissions: ["users"])
        let entry = AuditEntry(.tokenRevoked, of: issued.id, by: "test", at: .now)
        try await store.store.revoke(TokenReference(id: issued.id, expires: issued.expires), entry)
        let bob = UserName("bob")
        for refusal in [
            await problem { try await client.call(AuthContract.lockUser, bob, token: issued.token) },
            await problem { try await client.call(AuthContract.unlockUser, bob, token: issued.token) },
            await problem { try await client.call(AuthContract.removeUser, bob, token: issued.token) },
        ] { #expect(refusal?.kind == .tokenInvalid) }
        #expect(try await !store.user("bob").isLocked)
    }

    @Test("a user changes the own password with the old one, and all tokens end")
    func password() async throws {
        let grant = try await client.call(AuthContract.create, Credentials(user: "ada", password: "correct horse"))
        func change(_ user: String, _ old: String, _ new: String) async -> Problem? {
            await problem {
                try await client.call(
                    AuthContract.changePassword, PasswordChange(user: user, oldPassword: old, newPassword: new),
                    token: grant.token)
            }
        }
        #expect(await change("bob", "purple monkey", "seven wet socks")?.kind == .permissionDenied)
        #expect(await change("ada", "wrong horse", "seven wet socks")?.kind == .credentialsWrong)
        #expect(await change("ada", "correct horse", "12345678")?.faults.map(\.pointer) == ["/new_password"])
        #expect(await change("ada", "correct horse", "seven wet socks") == nil)
        #expect(await problem { try await token("ada", "correct horse") }?.kind == .credentialsWrong)
        let refresh = RefreshRequest(refreshToken: grant.refreshToken ?? "")
        #expect(await problem { try await client.call(AuthContract.refresh, refresh) }?.kind == .credentialsWrong)
        let question = PermissionQuestion(resource: "time")
        #expect(
            await problem { try await client.call(AuthContract.valid, question, token: grant.token) }?.kind
                == .tokenInvalid)
        _ = try await token("ada", "seven wet socks")
    }

    @Test("a removed user is gone with its tokens")
    func removed() async throws {
        let token = try await ada
        let administrator = try await root
        _ = try await client.call(AuthContract.removeUser, UserName("ada"), token: administrator)
        #expect(
            await problem { try await client.call(AuthContract.removeUser, UserName("ada"), token: administrator) }?
                .kind
                == .notFound)
        let question = PermissionQuestion(resource: "time")
        #expect(
            await problem { try await client.call(AuthContract.valid, question, token: token) }?.kind == .tokenInvalid)
        #expect(await problem { try await self.token("ada", "correct horse") }?.kind == .credentialsWrong)
    }
}
