import Foundation
import Testing
import Waiting
import Web

@Suite("While services crash and start again", .timeLimit(.minutes(5)))
struct RestartTests {
    @Test("calls fail in time and then succeed, without a new start of webapp")
    func crashes() async throws {
        try await Site.open { site in
            var auth = try await site.serve("auth")
            var resource = try await site.serve("resource")
            let webApp = try await site.serve("webapp")
            try await succeeds(site)

            await resource.kill()
            try await fails(site)
            resource = try site.start(["serve", "resource"])
            try await recovers(site)

            // Tokens are verified without auth, and webapp has a guest's token.
            await auth.kill()
            try await succeeds(site)

            // A new process has no keys to verify with until auth is back.
            await resource.kill()
            resource = try site.start(["serve", "resource"])
            try await eventually("resource says what it waits for") {
                let health = try? await Web.get(site.url("resource") + "/health/ready")
                return health?.status == 503 && health?.body.contains("keys to verify tokens with") == true
            }
            try await fails(site)
            auth = try site.start(["serve", "auth"])
            try await recovers(site)
            #expect(webApp.code == nil)
        }
    }

    @Test("a frozen peer is a 504 in time, and goes on when it thaws")
    func frozen() async throws {
        try await Site.open { site in
            _ = try await site.serve("auth")
            let resource = try await site.serve("resource")
            _ = try await site.serve("webapp")
            try await succeeds(site)
            resource.send(SIGSTOP)
            let answer = try await timed(site, ["X-Timeout-Ms": "300"])
            #expect(answer.status == 504 && answer.code == "deadline_exceeded", "\(answer.body)")
            resource.send(SIGCONT)
            try await recovers(site)
        }
    }

    @Test("a service that starts before auth becomes ready once auth is there")
    func order() async throws {
        try await Site.open { site in
            let resource = try site.start(["serve", "resource"])
            try await eventually("resource is live") {
                (try? await Web.get(site.url("resource") + "/health/live"))?.status == 200
            }
            let health = try await Web.get(site.url("resource") + "/health/ready")
            #expect(health.status == 503 && health.code == "not_ready", "\(health.body)")
            let early = try await Web.get(
                site.url("resource") + "/api/v1/resource/epoch_time",
                ["X-Token": "eyJhbGciOiJFZERTQSIsImtpZCI6ImEiLCJ0eXAiOiJhdCtqd3QifQ.e30.AAAA"])
            #expect([401, 503].contains(early.status), "\(early.body)")
            try await site.serve("auth")
            try await site.ready("resource", resource)
            let token = try await site.token()
            let answer = try await Web.get(site.url("resource") + "/api/v1/resource/epoch_time", ["X-Token": token])
            #expect(answer.status == 200, "\(answer.body)")
        }
    }

    @Test("auth keeps its keys for its owner alone, and tokens outlive its restart")
    func key() async throws {
        try await Site.open { site in
            let first = try await site.serve("auth")
            let token = try await site.token()
            let path = site.directory.appending(path: ".star/data/auth.sqlite").path
            let permissions = {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try permissions() == 0o600)
            #expect(try await first.stop() == 0)
            let second = try await site.serve("auth", "resource")
            let answer = try await Web.get(site.url("resource") + "/api/v1/resource/epoch_time", ["X-Token": token])
            #expect(answer.status == 200, "\(answer.body)")
            #expect(try await second.stop() == 0)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let third = try await site.serve("auth")
            #expect(try permissions() == 0o600)
            #expect(try await third.stop() == 0)
        }
    }
}

extension RestartTests {
    private func timed(_ site: Site, _ headers: [String: String] = [:]) async throws -> Answer {
        let start = ContinuousClock.now
        let answer = try await Web.get(site.url("webapp") + "/api/v1/time/epoch_time", headers)
        // Two seconds are the endpoint's time; a busy machine may need some more, and a call without a deadline far more.
        #expect(start.duration(to: .now) < .seconds(10))
        return answer
    }

    private func succeeds(_ site: Site) async throws {
        let answer = try await timed(site)
        #expect(answer.status == 200, "\(answer.body)")
    }

    /// Each of some calls fails, as it should and when it should.
    private func fails(_ site: Site) async throws {
        for _ in 1...5 {
            let answer = try await timed(site)
            #expect([503, 504].contains(answer.status) && answer.code != nil, "\(answer.body)")
        }
    }

    /// Calls fail as they should, until they succeed again and again.
    private func recovers(_ site: Site) async throws {
        try await eventually("webapp answers again", within: .seconds(15)) {
            let answer = try await timed(site)
            #expect([200, 503, 504].contains(answer.status), "\(answer.body)")
            return answer.status == 200
        }
        for _ in 1...5 { try await succeeds(site) }
    }
}
