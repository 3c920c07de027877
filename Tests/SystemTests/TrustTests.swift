import Endpoints
import Foundation
import Synchronization
import Testing
import Waiting
import Web
import ZeroMQ

@Suite("Trust between processes", .timeLimit(.minutes(5)))
struct TrustTests {
    /// Tests ask for more tokens than people do.
    static let unlimited = ["AUTH_RATE_LIMIT_PER_USER": "0", "AUTH_RATE_LIMIT_PER_ADDRESS": "0"]
    /// A machine that runs tests may take a little longer than the second that is promised.
    static let second = Duration.milliseconds(1500)

    /// The ways by which resource may hear of a revocation.
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case events = "by events over ipc"
        case asking = "by asking over ZeroMQ"
        case askingOverHTTP = "by asking over HTTP"
        case eventsOverTCP = "by events over tcp with CURVE"

        var testDescription: String { rawValue }
        var isAsking: Bool { self == .asking || self == .askingOverHTTP }
    }

    private func settings(_ way: Way, _ site: Site) throws -> [String: String] {
        switch way {
        case .events: return [:]
        case .asking: return ["AUTH_EVENTS_URL": ""]
        case .askingOverHTTP: return ["AUTH_EVENTS_URL": "", "AUTH_URL": site.url("auth")]
        case .eventsOverTCP:
            let (auth, resource) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
            let news = "tcp://127.0.0.1:\(try FreePort.next())"
            return [
                "AUTH_EVENTS_LISTEN": news, "AUTH_EVENTS_URL": news, "AUTH_CURVE_SECRET_KEY": auth.secretKey.hex,
                "RESOURCE_CURVE_SECRET_KEY": resource.secretKey.hex,
                "CURVE_PUBLIC_KEYS": "auth=\(auth.publicKey.hex),resource=\(resource.publicKey.hex)",
            ]
        }
    }

    private func time(_ site: Site, _ token: String) async throws -> Answer {
        try await Web.get(site.url("resource") + "/api/v1/resource/epoch_time", ["X-Token": token])
    }

    /// The number of times that resource has asked auth for changes.
    private func fetches(_ site: Site) async throws -> Int {
        let metrics = try await Web.get(site.url("resource") + "/metrics").body
        let match = metrics.firstMatch(of: /trust_updates_fetched_total\{service="resource"\} (\d+)/)
        return try #require(match.flatMap { Int($0.1) }, "\(metrics)")
    }

    private func revoke(_ site: Site, _ token: String) async throws {
        let answer = try await Web.send(
            "POST", site.url("auth") + "/api/v1/auth/revoke", body: #"{"token":"\#(token)"}"#)
        try #require(answer.status == 200, "\(answer.body)")
    }

    @Test("a revoked token stops everywhere within a second", arguments: Way.allCases)
    func revoked(_ way: Way) async throws {
        try await Site.open({ try Self.unlimited.merging(settings(way, $0)) { $1 } }) { site in
            let auth = try await site.serve("auth")
            let resource = try await site.serve("resource")
            let other = try await site.token()
            for _ in 1...3 {
                let token = try await site.token()
                #expect(try await time(site, token).status == 200)
                try await revoke(site, token)
                let own = try await Web.get(site.url("auth") + "/api/v1/auth/me", ["X-Token": token])
                #expect(own.code == "token_invalid", "auth knows at once what it has revoked")
                try await eventually("the token is refused", within: Self.second) {
                    try await time(site, token).code == "token_invalid"
                }
            }
            #expect(try await time(site, other).status == 200)
            let metrics = try await Web.get(site.url("resource") + "/metrics").body
            #expect(metrics.contains(#"revoked_tokens{service="resource"} 3"#), "\(metrics)")
            #expect(metrics.contains(#"token_cache_hits_total{service="resource"}"#))
            // A machine that stands still for a while makes whoever listens ask, too: so it may take several tokens.
            try await eventually("resource hears of a token \(way)") {
                let before = try await fetches(site)
                let token = try await site.token()
                #expect(try await time(site, token).status == 200)
                try await revoke(site, token)
                try await eventually("the token is refused") { try await time(site, token).code == "token_invalid" }
                return (try await fetches(site) > before) == way.isAsking
            }
            for process in [resource, auth] { #expect(try await process.stop() == 0, "\(process.log)") }
        }
    }

    @Test("clients of OAuth ask what a token is worth, and end it, by forms")
    func forms() async throws {
        try await Site.open({ _ in Self.unlimited }) { site in
            try await site.addUser("eve", password: "correct horse", permissions: "introspect")
            try await site.serve("auth")
            let eve = try await site.token(user: "eve", password: "correct horse")
            let token = try await site.token()
            func send(_ endpoint: String) async throws -> Answer {
                try await Web.send(
                    "POST", site.url("auth") + "/api/v1/auth/" + endpoint, ["Authorization": "Bearer \(eve)"],
                    body: "token=\(token)&token_type_hint=access_token", type: "application/x-www-form-urlencoded")
            }
            #expect(try await send("introspect").json?["active"] == true)
            #expect(try await send("revoke").status == 200)
            #expect(try await send("introspect").json == ["active": false])
            #expect(try await send("create").status == 415)
        }
    }

    @Test("what was revoked stays so for a service that starts later, and after auth's restart")
    func remembered() async throws {
        try await Site.open({ _ in Self.unlimited }) { site in
            let auth = try await site.serve("auth")
            let token = try await site.token()
            try await revoke(site, token)
            try await site.serve("resource")
            #expect(try await time(site, token).code == "token_invalid")
            await auth.kill()
            try await site.serve("auth")
            #expect(try await time(site, token).code == "token_invalid")
            let next = try await site.token()
            #expect(try await time(site, next).status == 200)
            try await revoke(site, next)
            try await eventually("the token is refused", within: Self.second) {
                try await time(site, next).code == "token_invalid"
            }
        }
    }

    @Test("no good token is refused while keys change, again and again, under load")
    func rotation() async throws {
        let settings = Self.unlimited.merging(["KEY_PREPUBLISH_SECONDS": "1"]) { $1 }
        try await Site.open({ _ in settings }) { site in
            try await site.serve("auth")
            try await site.serve("resource")
            let first = try await site.token()
            let isOver = Atomic(false)
            async let load = {
                var (count, kids): (Int, Set<Substring>) = (0, [])
                while !isOver.load(ordering: .relaxed) {
                    let token = try await site.token()
                    kids.insert(token.prefix { $0 != "." })
                    for token in [token, first] {
                        let answer = try await time(site, token)
                        #expect(answer.status == 200, "\(answer.body)")
                    }
                    count += 1
                }
                return (count, kids.count)
            }()
            for number in 1...3 {
                let rotated = try await site.star("keys", "rotate")
                #expect(rotated.code == 0, "\(rotated.log)")
                try await eventually("the new key signs") {
                    let list = try await site.star("keys", "list").output
                    return list.split(separator: "\n").count { $0.contains("retiring") } == number
                }
            }
            isOver.store(true, ordering: .relaxed)
            let (count, kids) = try await load
            #expect(count > 20 && kids >= 3, "\(count) tokens of \(kids) keys")
        }
    }

    @Test("a key in wrong hands is ended from the shell: a new one signs at once, and the old one's tokens stop")
    func wrongHands() async throws {
        try await Site.open({ _ in Self.unlimited }) { site in
            try await site.serve("auth")
            try await site.serve("resource")
            let stolen = try await site.token()
            #expect(try await time(site, stolen).status == 200)
            func keys() async throws -> [(kid: String, state: String)] {
                let list = try await site.star("keys", "list")
                return list.output.split(separator: "\n").dropFirst().map { line in
                    let words = line.split(separator: " ").map(String.init)
                    return (words[0], words[1])
                }
            }
            let old = try #require(try await keys().first?.kid)
            let refused = try await site.star("keys", "retire", old)
            #expect(refused.code == 1 && refused.log.contains("rotate --now"), "\(refused.log)")
            #expect(try await site.star("keys", "rotate", "--now").code == 0)
            #expect(try await site.star("keys", "retire", old).code == 0)
            try await eventually("the stolen token is refused", within: Self.second) {
                try await time(site, stolen).code == "token_invalid"
            }
            #expect(try await keys().map(\.state) == ["retired", "signing"])
            #expect(try await time(site, try await site.token()).status == 200)
            let twice = try await site.star("keys", "retire", old, "--json")
            #expect(twice.code == 1 && twice.log.contains("already"), "\(twice.log)")
            let unknown = try await site.star("keys", "retire", "nobody")
            #expect(unknown.code == 1 && unknown.log.contains("nobody"))
        }
    }

    @Test("without auth tokens go on, nobody is let in, and all is well again when it is back, without a restart")
    func withoutAuth() async throws {
        try await Site.open({ _ in Self.unlimited }) { site in
            let auth = try await site.serve("auth")
            let resource = try await site.serve("resource")
            let token = try await site.token()
            let webApp = try site.start(["serve", "webapp"])
            try await site.ready("webapp", webApp)
            await auth.kill()
            let visitor = site.url("webapp") + "/api/v1/time/epoch_time"
            for _ in 1...5 {
                #expect(try await time(site, token).status == 200)
                #expect(try await Web.get(visitor, ["X-Token": token]).status == 200)
                let refused = try await Web.get(visitor)
                #expect(refused.status == 503 && refused.code == "unavailable", "\(refused.body)")
            }
            try await site.serve("auth")
            try await eventually("webapp lets visitors in again") { try await Web.get(visitor).status == 200 }
            let next = try await site.token()
            for token in [token, next] { #expect(try await time(site, token).status == 200) }
            try await revoke(site, token)
            try await eventually("news is heard again", within: Self.second) {
                try await time(site, token).status == 401
            }
            #expect(resource.code == nil && webApp.code == nil)
        }
    }
}
