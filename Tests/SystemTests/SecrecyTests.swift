import Auth
import AuthSQLite
import Contracts
import Endpoints
import Foundation
import RPC
import Testing
import Waiting
import Web
import ZeroMQ

@Suite("What a service keeps to itself and releases", .timeLimit(.minutes(5)))
struct SecrecyTests {
    @Test("no log holds a token, a password or a key, at the most talkative level")
    func logs() async throws {
        let pair = try CurveKeyPair.generate()
        let settings = ["LOG_LEVEL": "trace", "AUTH_CURVE_SECRET_KEY": pair.secretKey.hex]
        try await Site.open({ _ in settings }) { site in
            try await site.addUser("ada", password: "correct-horse", permissions: "time")
            let all = try await site.serve("all")
            let token = try await site.token(user: "ada", password: "correct-horse")
            let guest = try await site.token()
            let refresh = try await refreshes(site)
            let admin = try String(
                contentsOf: site.directory.appending(path: ".star/data/admin-password"), encoding: .utf8
            ).trimmingCharacters(in: .newlines)
            _ = try await site.token(user: "admin", password: admin)
            for file in ["auth.sqlite", "admin-password"] {
                let path = site.directory.appending(path: ".star/data/\(file)").path
                #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            }
            let broken = token.dropLast(4) + "AAAA"
            for sent in [token, guest, String(broken)] {
                for headers in [["X-Token": sent], ["Authorization": "Bearer \(sent)"]] {
                    _ = try await Web.get(site.url("resource") + "/api/v1/resource/epoch_time", headers)
                    _ = try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time", headers)
                    _ = try await Web.get(site.url("auth") + "/api/v1/auth/valid?resource=tide", headers)
                }
            }
            _ = try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time")
            for body in [
                #"{"user":"ada","password":"wrong-horse"}"#, #"{"user":"ada","password":"wrong-horse}"#,
                #"{"user":"ada","password":["wrong-horse"]}"#,
            ] {
                #expect(try await Web.send("POST", site.url("auth") + "/api/v1/auth/create", body: body).status >= 400)
            }
            try await ZeroMQPeer.open { peer in
                try await peer.client(ResourceContract.self, at: site.socket("resource")) { resource in
                    _ = try await resource.call(ResourceContract.epochTime, token: token)
                }
            }
            #expect(try await all.stop() == 0)
            let store = try SQLiteStore(site.directory.appending(path: ".star/data/auth.sqlite"))
            let key = String(decoding: try #require(try await store.keys().first).jwk, as: UTF8.self)
            await store.close()
            let log = all.log
            #expect(log.contains("auth.create") && log.contains("resource.epoch_time") && log.contains("trace_id"))
            // A part of each token is as telling as the whole: what stands between the dots.
            let parts = [token, guest, String(broken)].flatMap { $0.split(separator: ".").map(String.init).dropFirst() }
            let keyParts = key.split(separator: "\"").map(String.init).filter { $0.count > 40 }
            let secrets =
                parts + keyParts + refresh + [
                    admin,
                    "correct-horse", "wrong-horse", "$argon2id$", pair.secretKey.hex, pair.secretKey.z85,
                ]
            #expect(keyParts.count >= 2)
            for secret in secrets {
                let isTold = log.contains(secret)
                #expect(!isTold)
            }
        }
    }

    /// Tokens are refreshed, one of them once too often, revoked and asked about.
    ///
    /// - Returns: the refresh tokens.
    private func refreshes(_ site: Site) async throws -> [String] {
        let auth = site.url("auth") + "/api/v1/auth/"
        let login = try await Web.send("POST", auth + "create", body: #"{"user":"ada","password":"correct-horse"}"#)
        let first = try #require(login.data?["refresh_token"]?.string)
        let next = try await Web.send("POST", auth + "refresh", body: #"{"refresh_token":"\#(first)"}"#)
        let second = try #require(next.data?["refresh_token"]?.string, "\(next.body)")
        for (shown, status) in [(first, 200), (second, 200), (first, 401)] {
            let answer = try await Web.send("POST", auth + "refresh", body: #"{"refresh_token":"\#(shown)"}"#)
            #expect(answer.status == status, "\(answer.body)")
        }
        #expect(try await Web.send("POST", auth + "revoke", body: #"{"token":"\#(second)"}"#).status == 200)
        let change = #"{"old_password":"wrong-horse","new_password":"wrong-horse-two"}"#
        let token = ["X-Token": try await site.token(user: "ada", password: "correct-horse")]
        let refused = try await Web.send("PUT", auth + "users/ada/password", token, body: change)
        #expect(refused.status == 401, "\(refused.body)")
        return [first, second]
    }

    @Test(
        "descriptors come back after a thousand connections",
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd")))
    func descriptors() async throws {
        try await Site.open { site in
            let auth = try await site.serve("auth")
            let port = try #require(site.ports["auth"])
            func count() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/\(auth.pid)/fd").count
            }
            let before = try count()
            for _ in 1...5 {
                var connections: [Connected] = []
                for _ in 1...200 { connections.append(try Connected(port: port)) }
                try await eventually("the service has taken the connections") { try count() >= before + 200 }
                connections = []
                try await eventually("the service has closed them") { try count() < before + 20 }
            }
            for _ in 1...20 {
                try await ZeroMQPeer.open { peer in
                    try await peer.client(AuthContract.self, at: site.socket("auth")) { client in
                        let smoke = try await client.call(Smoke.endpoint)
                        #expect(smoke == .ok)
                    }
                }
            }
            // HTTP clients of these tests keep a few connections open.
            try await eventually("the service has closed all of them") { try count() <= before + 5 }
            #expect(try await Web.get(site.url("auth") + "/api/v1/smoke").status == 200)
        }
    }
}
