import Endpoints
import Foundation
import PostgresServer
import Testing
import Waiting
import Web

@Suite("Two auths on one PostgreSQL", .timeLimit(.minutes(3)))
struct ReplicaTests {
    /// Two auth processes, and a resource that subscribes to the events of both.
    struct Pair {
        let site: Site
        let urls: [String]

        static func open(_ test: (Pair) async throws -> Void) async throws {
            let database = try await PostgresServer.shared.makeDatabase()
            let settings = ["AUTH_DATABASE": database, "KEY_PREPUBLISH_SECONDS": "1"]
            try await Site.open({ _ in settings }) { site in
                let port = try FreePort.next()
                let pair = Pair(site: site, urls: [site.url("auth"), "http://127.0.0.1:\(port)"])
                try await site.addUser("ada", password: "correct horse", permissions: "time", "users")
                try await site.serve("auth")
                _ = try site.start(
                    ["serve", "auth"],
                    [
                        "AUTH_HTTP_PORT": "\(port)", "AUTH_ZMQ_LISTEN": "ipc://.star/run/second.sock",
                        "AUTH_EVENTS_LISTEN": "ipc://.star/run/second-events.sock",
                    ])
                try await eventually("the second auth is ready") {
                    (try? await Web.get(pair.urls[1] + "/health/ready"))?.status == 200
                }
                try await site.serve(
                    "resource",
                    settings: [
                        "AUTH_EVENTS_URL": "ipc://.star/run/auth-events.sock,ipc://.star/run/second-events.sock"
                    ])
                try await test(pair)
            }
        }

        func post(_ path: String, at place: Int, _ body: String, token: String? = nil) async throws -> Answer {
            try await Web.send(
                "POST", urls[place] + "/api/v1/auth/" + path, token.map { ["X-Token": $0] } ?? [:], body: body)
        }

        func login(_ name: String = "ada", at place: Int) async throws -> Answer {
            try await post("create", at: place, #"{"user":"\#(name)","password":"correct horse"}"#)
        }

        func token(at place: Int) async throws -> String {
            let answer = try await login(at: place)
            return try #require(answer.data?["token"]?.string, "\(answer.body)")
        }

        /// The statuses that either auth and resource answer the token with.
        func verdicts(_ token: String) async throws -> [Int] {
            var verdicts: [Int] = []
            for url in urls.map({ $0 + "/api/v1/auth/me" }) + [site.url("resource") + "/api/v1/resource/epoch_time"] {
                verdicts.append(try await Web.get(url, ["X-Token": token]).status)
            }
            return verdicts
        }

        /// It stops everywhere within the second that is promised.
        func stops(_ token: String) async throws {
            try await eventually("the token is refused everywhere", within: TrustTests.second) {
                try await verdicts(token) == [401, 401, 401]
            }
        }
    }

    @Test("who logs in at one goes on at the other, and a token used twice ends the family at both")
    func sessions() async throws {
        try await Pair.open { pair in
            let login = try await pair.login(at: 0)
            let first = try #require(login.data?["refresh_token"]?.string, "\(login.body)")
            let refreshed = try await pair.post("refresh", at: 1, #"{"refresh_token":"\#(first)"}"#)
            let token = try #require(refreshed.data?["token"]?.string, "\(refreshed.body)")
            #expect(try await pair.verdicts(token) == [200, 200, 200])
            // An answer may be lost: the other has the same one for a while, until that is used.
            let again = try await pair.post("refresh", at: 0, #"{"refresh_token":"\#(first)"}"#)
            let second = try #require(again.data?["refresh_token"]?.string, "\(again.body)")
            #expect(refreshed.data?["refresh_token"]?.string == second)
            let next = try await pair.post("refresh", at: 0, #"{"refresh_token":"\#(second)"}"#)
            let third = try #require(next.data?["refresh_token"]?.string, "\(next.body)")
            #expect(try await pair.post("refresh", at: 1, #"{"refresh_token":"\#(first)"}"#).status == 401)
            try await pair.stops(token)
            #expect(try await pair.post("refresh", at: 1, #"{"refresh_token":"\#(third)"}"#).status == 401)
        }
    }

    @Test("what one revokes, and whom one locks, is refused by all within a second")
    func revocations() async throws {
        try await Pair.open { pair in
            for (place, other) in [(0, 1), (1, 0)] {
                let token = try await pair.token(at: other)
                #expect(try await pair.verdicts(token) == [200, 200, 200])
                #expect(try await pair.post("revoke", at: place, #"{"token":"\#(token)"}"#).status == 200)
                try await pair.stops(token)
            }
            try await pair.site.addUser("bob", password: "correct horse", permissions: "time")
            let bobs = try #require(try await pair.login("bob", at: 1).data?["token"]?.string)
            let adas = try await pair.token(at: 0)
            #expect(try await pair.post("users/bob/lock", at: 0, "", token: adas).status == 200)
            #expect(try await pair.login("bob", at: 1).status == 401)
            try await pair.stops(bobs)
            #expect(try await pair.post("users/bob/unlock", at: 1, "", token: adas).status == 200)
            #expect(try await pair.login("bob", at: 0).status == 201)
            // An irreversible operation is refused at once, and not within a second.
            #expect(try await pair.post("revoke", at: 0, #"{"token":"\#(adas)"}"#).status == 200)
            #expect(try await pair.post("users/bob/lock", at: 1, "", token: adas).status == 401)
        }
    }

    @Test("a key that is changed once signs at both, and no good token is refused meanwhile")
    func rotation() async throws {
        try await Pair.open { pair in
            func kid(_ token: String) -> Substring { token.prefix { $0 != "." } }
            let old = [try await pair.token(at: 0), try await pair.token(at: 1)]
            #expect(kid(old[0]) == kid(old[1]))
            #expect(try await pair.site.star("keys", "rotate").code == 0)
            try await eventually("both sign with the new key") {
                let new = [try await pair.token(at: 0), try await pair.token(at: 1)]
                for token in old + new { #expect(try await pair.verdicts(token) == [200, 200, 200]) }
                return kid(new[0]) == kid(new[1]) && kid(new[0]) != kid(old[0])
            }
        }
    }
}
