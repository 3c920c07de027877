import Contracts
import Endpoints
import Foundation
import RPC
import Resource
import Testing

@testable import WebApp

@Suite("What webapp tells its page", .timeLimit(.minutes(1)))
struct WebAppPageTests {
    let trust = Trust()
    let auth: Line
    let resource: Line
    let overHTTP: Line
    let client: Client<WebAppContract>

    init() throws {
        let service = ResourceService(executor: QueueExecutor(name: "resource")) { 1_574_653_197 }
        auth = try Line(trust.auth(), AuthContract.description, trust.verifier)
        resource = try Line(service, ResourceContract.description, trust.verifier)
        overHTTP = try Line(service, ResourceContract.description, trust.verifier)
        let webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: Peer(auth, link: .ipc), resource: Peer(resource, link: .ipc),
            resourceOverHTTP: Peer(overHTTP, link: .http),
            neighbours: [
                Neighbour(AuthContract.description, auth, link: .ipc),
                Neighbour(ResourceContract.description, resource, link: .ipc),
            ])
        client = Client(try Line(webApp, WebAppContract.description, trust.verifier))
    }

    @Test("the time comes with what it cost and the wire it came by")
    func clock() async throws {
        let clock = try await client.call(WebAppContract.clock)
        #expect(clock.currentTime == "2019-11-25T03:39:57+00:00" && clock.link == .ipc && clock.microseconds > 0)
    }

    @Test("a visitor signs in with auth's word, and the token says who it is")
    func session() async throws {
        let grant = try await client.call(WebAppContract.signIn, .guest)
        let session = try await client.call(WebAppContract.session, token: grant.token)
        #expect(session == WebAppContract.Session(user: "guest", permissions: ["time"]))
        let wrong = Credentials(user: "ada", password: "wrong")
        #expect(await problem { try await client.call(WebAppContract.signIn, wrong) }?.kind == .credentialsWrong)
    }

    @Test("calls are remembered with what they asked of others, and with nothing that was said")
    func calls() async throws {
        _ = try await client.call(WebAppContract.clock)
        _ = await problem { try await client.call(WebAppContract.epochTime, token: "secret") }
        let calls = try await client.call(WebAppContract.calls).calls
        let clock = try #require(calls.first { $0.endpoint == "webapp.clock" })
        #expect(clock.status == 200 && clock.spans.map(\.endpoint) == ["auth.create", "resource.current_time"])
        #expect(clock.spans.allSatisfy { $0.offset + $0.microseconds <= clock.microseconds })
        #expect(resource.traces.first == clock.traceID)
        let refused = try #require(calls.first { $0.endpoint == "webapp.epoch_time" })
        #expect(refused.status == 401 && refused.spans.map(\.status) == [401])
        #expect(!String(decoding: try JSONEncoder().encode(calls), as: UTF8.self).contains("secret"))
    }

    @Test("of each endpoint a few calls are remembered, so that no one drives out another")
    func bounded() async throws {
        _ = try await client.call(WebAppContract.currentTime)
        for _ in 1...30 { _ = try await client.call(WebAppContract.clock) }
        let calls = try await client.call(WebAppContract.calls).calls
        #expect(calls.count { $0.endpoint == "webapp.clock" } == CallLog.limit)
        #expect(calls.last?.endpoint == "webapp.current_time")
    }

    @Test("services are told with state, version and wire; one that is down with the reason in words")
    func services() async throws {
        let states = try await client.call(WebAppContract.services).services
        #expect(states.map(\.name) == ["webapp", "auth", "resource"] && states.allSatisfy { $0.state == .ready })
        #expect(states.map(\.version) == [WebAppContract.version, AuthContract.version, ResourceContract.version])
        #expect(states.map(\.link) == [nil, .ipc, .ipc])
    }

    @Test("a service that is down is told so, and webapp waits for it")
    func down() async throws {
        resource.lead(to: FixedAnswer.nobody)
        let states = try await client.call(WebAppContract.services).services
        #expect(states.map(\.state) == [.notReady, .ready, .down])
        #expect(states[2].detail == "The service cannot be reached." && states[2].version == nil)
    }

    @Test("services are asked once a second at most, however many look")
    func asked() async throws {
        await withDiscardingTaskGroup { group in
            for _ in 1...30 { group.addTask { _ = try? await client.call(WebAppContract.services) } }
        }
        #expect(auth.count("_health.check") <= 3 && auth.count("_meta.contract") == 1)
    }
}

@Suite("A comparison", .timeLimit(.minutes(1)))
struct WireComparisonTests {
    @Test("sorts times into steps, and says what share of them took how long at most")
    func figures() throws {
        var contest = Contest(run: 3, [.ipc, .http])
        for time in 1...100 { contest.record(.microseconds(time * 10), wire: 0) }
        contest.record(.seconds(5), wire: 1)
        let figures = contest.figures
        #expect(figures.run == 3 && figures.state == .running && figures.done == 101)
        let (zeroMQ, http) = (figures.wires[0], figures.wires[1])
        #expect(zeroMQ.p50 == 500 && zeroMQ.p90 == 900 && zeroMQ.p99 == 990 && zeroMQ.longest == 1000)
        #expect(zeroMQ.counts.reduce(0, +) == 100 && zeroMQ.counts.count == figures.bounds.count + 1)
        for (index, bound) in figures.bounds.enumerated() {
            #expect(zeroMQ.counts[...index].reduce(0, +) == min(100, Int(bound / 10)), "\(bound)")
        }
        #expect(http.counts.last == 1 && http.p99 == 5_000_000)
    }

    @Test("without an answer has no figures, and is given up after some failures in a row")
    func failures() {
        var contest = Contest(run: 1, [.ipc, .http])
        let problem = Problem(.unavailable, "Nobody is at 10.0.0.1.")
        for _ in 1..<Contest.patience { contest.record(problem, wire: 1) }
        contest.record(.microseconds(9), wire: 0)
        for _ in 1..<Contest.patience { contest.record(problem, wire: 1) }
        #expect(contest.isRunning && contest.figures.wires[1].p50 == nil && contest.restLeft == nil)
        contest.record(problem, wire: 1)
        #expect(contest.figures.state == .failed && contest.figures.detail == "The service cannot be reached.")
        #expect(contest.restLeft != nil)
    }

    @Test("runs to its end once for all who start it meanwhile, and rests before the next")
    func run() async throws {
        let page = try WebAppPageTests()
        #expect(try await page.client.call(WebAppContract.comparison).state == .idle)
        #expect(try await page.client.call(WebAppContract.compare).run == 1)
        #expect(try await page.client.call(WebAppContract.compare).run == 1)
        var figures = try await page.client.call(WebAppContract.comparison)
        while figures.state == .running { figures = try await page.client.call(WebAppContract.comparison) }
        #expect(figures.state == .done && figures.done == figures.calls)
        #expect(figures.wires.map(\.link) == [.ipc, .http])
        #expect(figures.wires.allSatisfy { $0.calls == figures.done / 2 })
        #expect(page.overHTTP.count("resource.current_time") == figures.done / 2)
        let refusal = await problem { try await page.client.call(WebAppContract.compare) }
        #expect(refusal?.kind == .tooManyRequests && refusal?.retryAfter != nil)
    }

    @Test("is given up where a wire leads nowhere, with the reason")
    func outage() async throws {
        let page = try WebAppPageTests()
        page.auth.lead(to: FixedAnswer.nobody)
        var figures = try await page.client.call(WebAppContract.compare)
        while figures.state == .running { figures = try await page.client.call(WebAppContract.comparison) }
        #expect(figures.state == .failed && figures.detail == "The service cannot be reached.")
    }

    @Test("needs two wires")
    func one() async throws {
        let trust = Trust()
        let line = try Line(trust.auth(), AuthContract.description, trust.verifier)
        let webApp = WebAppService(executor: QueueExecutor(name: "webapp"), auth: Peer(line), resource: Peer(line))
        let client = Client<WebAppContract>(try Line(webApp, WebAppContract.description, trust.verifier))
        #expect(await problem { try await client.call(WebAppContract.compare) }?.kind == .conflict)
    }
}

@Suite("The page")
struct WebPageTests {
    private func text(_ path: String) throws -> String {
        let file = try #require(WebPage.files.first { $0.path == path })
        return String(decoding: file.content, as: UTF8.self)
    }

    @Test("loads nothing from elsewhere, and keeps nothing in the browser")
    func assets() throws {
        for file in WebPage.files {
            let text = String(decoding: file.content, as: UTF8.self)
                .replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            let forbidden = /https?:\/\/|\burl\(|localStorage|sessionStorage|cookie/
            #expect(text.firstMatch(of: forbidden) == nil, "\(file.path)")
        }
    }

    @Test("has every file that it loads, and loads every file that it has")
    func files() throws {
        var loaded: Set = ["/"]
        for match in try text("/").matches(of: /(?:src|href)="(\/page\/[^"]+)"/) { loaded.insert(String(match.1)) }
        for file in WebPage.files where file.path.hasSuffix(".js") {
            for match in try text(file.path).matches(of: /from "\.(\/[a-z]+\.js)"/) { loaded.insert("/page" + match.1) }
        }
        #expect(loaded == Set(WebPage.files.map(\.path)))
    }

    @Test("keeps to a policy that lets nothing run but its own files")
    func policy() throws {
        let policy = try #require(WebPage.headers["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe") && !policy.contains("*"))
        #expect(try text("/").firstMatch(of: /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)/) == nil)
        for file in WebPage.files where file.path.hasSuffix(".js") {
            #expect(try text(file.path).firstMatch(of: /innerHTML|eval\(|new Function/) == nil, "\(file.path)")
        }
    }
}
