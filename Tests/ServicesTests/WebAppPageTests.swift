import Contracts
import Endpoints
import Foundation
import RPC
import Resource
import Testing
import Tokens
import Waiting

@testable import Auth
@testable import Measuring
@testable import WebApp

@Suite("What webapp tells its page", .timeLimit(.minutes(1)))
struct WebAppPageTests {
    let trust = Trust()
    let auth: Line
    let resource: Line
    let overHTTP: Line
    let client: Client<WebAppContract>
    let webApp: WebAppService

    init() throws {
        let service = ResourceService(executor: QueueExecutor(name: "resource")) { 1_574_653_197 }
        auth = try Line(trust.auth(), AuthContract.description, trust.verifier)
        resource = try Line(service, ResourceContract.description, trust.verifier)
        overHTTP = try Line(service, ResourceContract.description, trust.verifier)
        webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(auth, link: .ipc),
            resource: ServiceRoute(resource, link: .ipc),
            resourceOverHTTP: ServiceRoute(overHTTP, link: .http),
            monitored: [
                MonitoredService(AuthContract.description) { [auth] in [(auth, .ipc)] },
                MonitoredService(ResourceContract.description) { [resource, overHTTP] in
                    [(resource, .ipc), (overHTTP, .http)]
                },
            ])
        client = Client(
            try Line(
                webApp, WebAppContract.description, trust.verifier, interceptors: [webApp.history],
                observers: [webApp.history]))
    }

    /// The comparison, once it is over.
    func comparison() async throws -> WebAppContract.WireComparison {
        try await eventually("the comparison is over", within: .seconds(50)) {
            let figures = try await client.call(WebAppContract.comparison)
            return figures.state == .running ? nil : figures
        }
    }

    @Test("no file of the page names another by an absolute path, since a proxy may have put webapp below one")
    func relative() {
        for file in WebPage.files {
            let text = String(decoding: file.content, as: UTF8.self)
            let absolute = /(?:src|href)="\/|(?:fetch|import|URL|EventSource)\(?\s*["`]\//
            #expect(text.firstMatch(of: absolute) == nil, "\(file.path)")
        }
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

    @Test("webapp compares the wires as a client of its own, also without guests")
    func ownClient() async throws {
        let store = try NewStore()
        let secret = String(repeating: "secret ", count: 5)
        for text in ["another one", secret, secret] {
            try await ClientAccount.provide(
                WebAppService.client, secret: OpaqueToken(text), permissions: WebAppService.clientPermissions,
                store.store)
        }
        #expect(try await store.store.clients(after: nil, limit: 9).map(\.clientEntry.permissions) == [["time"]])
        #expect(try await store.store.audit(before: nil, limit: 9).count == 2)
        let auth = try Line(trust.auth(store: store.store, guests: []), AuthContract.description, trust.verifier)
        let webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(auth), resource: ServiceRoute(resource),
            clientSecret: secret)
        let token = try await webApp.ownToken.value()
        #expect(try await trust.verifier.verify(token).username == "client:webapp")
        #expect(try await webApp.ownToken.value() == token)
        #expect(await problem { _ = try await webApp.guestToken.value() }?.kind == .permissionDenied)
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

    @Test("the parts of a call account for all of its time, its own as well as each step's")
    func parts() async throws {
        _ = try await client.call(WebAppContract.clock)
        let calls = try await client.call(WebAppContract.calls).calls
        let clock = try #require(calls.first)
        let own: [WebAppContract.Part.Name] = [.queue, .wait, .access, .decode, .handler, .encode]
        #expect(clock.parts.map(\.name) == own)
        #expect(abs(clock.parts.reduce(0) { $0 + $1.microseconds } - clock.microseconds) < 0.01)
        for span in clock.spans {
            #expect(span.parts.map(\.name) == [.wire] + own)
            #expect(abs(span.parts.reduce(0) { $0 + $1.microseconds } - span.microseconds) < 0.01)
        }
        // Each step lies within the handler.
        let lead = clock.parts.prefix(4).reduce(0) { $0 + $1.microseconds }
        let end = lead + (try #require(clock.parts.first { $0.name == .handler })).microseconds
        #expect(clock.spans.allSatisfy { $0.offset >= lead && $0.offset + $0.microseconds <= end })
    }

    @Test("of each endpoint a few calls are remembered, so that no one drives out another")
    func bounded() async throws {
        _ = try await client.call(WebAppContract.currentTime)
        for _ in 1...30 { _ = try await client.call(WebAppContract.clock) }
        let calls = try await client.call(WebAppContract.calls).calls
        #expect(calls.count { $0.endpoint == "webapp.clock" } == CallHistory.limit)
        #expect(calls.last?.endpoint == "webapp.current_time")
    }

    @Test("services are told with state, version and wire; one that is down with the reason in words")
    func services() async throws {
        let states = try await client.call(WebAppContract.services).services
        #expect(states.map(\.name) == ["webapp", "auth", "resource"] && states.allSatisfy { $0.state == .ready })
        let versions = [WebAppContract.version, AuthContract.version, ResourceContract.version]
        #expect(states.map { $0.replicas[0].version } == versions)
        #expect(states.map { $0.replicas.map(\.link) } == [[nil], [.ipc], [.ipc, .http]])
        #expect(states.allSatisfy { $0.replicas.allSatisfy { $0.uptime != nil } })
    }

    @Test("a replica that is down is shown beside those that are not")
    func replica() async throws {
        overHTTP.lead(to: FixedAnswer.nobody)
        let resource = try #require(try await client.call(WebAppContract.services).services.last)
        #expect(resource.state == .ready && resource.replicas.map(\.state) == [.ready, .down])
        #expect(resource.replicas[1].detail == "Service unavailable.")
    }

    @Test("a service that is down is shown so, and webapp waits for it")
    func down() async throws {
        for line in [resource, overHTTP] { line.lead(to: FixedAnswer.nobody) }
        let states = try await client.call(WebAppContract.services).services
        #expect(states.map(\.state) == [.notReady, .ready, .down])
        let replica = states[2].replicas[0]
        #expect(replica.detail == "Service unavailable." && replica.version == nil)
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
    /// A turn in which each call took so long.
    private func turn(_ link: Link, _ times: [Duration], round: Int? = 1) -> Trial {
        var sample = Sample()
        for time in times { sample.latencies.record(time) }
        sample.elapsed = times.reduce(.zero, +)
        return Trial(
            subject: link.rawValue, load: ComparisonRun.benchmark.loads[0], round: round, outcome: .success(sample),
            timeLeft: .zero)
    }

    @Test("sorts times into steps, and says what share of them took how long at most")
    func figures() throws {
        var contest = ComparisonRun(run: 3, [.ipc, .http])
        contest.add(turn(.ipc, [.seconds(1)], round: nil))
        contest.add(turn(.ipc, (1...100).map { .microseconds($0 * 10) }))
        contest.add(turn(.http, [.seconds(5)]))
        let figures = contest.figures
        #expect(figures.run == 3 && figures.state == .running && figures.progress > 0 && figures.ratio == nil)
        let (zeroMQ, http) = (figures.wires[0], figures.wires[1])
        for (time, wanted) in [(zeroMQ.p50, 500.0), (zeroMQ.p90, 900), (zeroMQ.p99, 990), (zeroMQ.longest, 1000)] {
            #expect(abs(try #require(time) - wanted) <= wanted / 1000)
        }
        #expect(zeroMQ.calls == 100 && zeroMQ.counts.reduce(0, +) == 100)
        #expect(zeroMQ.counts.count == figures.bounds.count + 1)
        for (index, bound) in figures.bounds.enumerated() {
            #expect(abs(zeroMQ.counts[...index].reduce(0, +) - min(100, Int(bound / 10))) <= 1, "\(bound)")
        }
        #expect(http.counts.last == 1 && http.p99 == nil)
    }

    @Test("says how sure the difference is, and calls none what the noise covers")
    func ratio() throws {
        var (clear, noisy) = (ComparisonRun(run: 1, [.ipc, .http]), ComparisonRun(run: 1, [.ipc, .http]))
        for round in 1...8 {
            clear.add(turn(.ipc, [.microseconds(100)], round: round))
            clear.add(turn(.http, [.microseconds(390 + round)], round: round))
            noisy.add(turn(.ipc, [.microseconds(100)], round: round))
            noisy.add(turn(.http, [.microseconds(round.isMultiple(of: 2) ? 90 : 115)], round: round))
        }
        let ratio = try #require(clear.figures.ratio)
        #expect(ratio.isDifference && (3.9...4).contains(ratio.value) && ratio.low <= ratio.value)
        #expect(noisy.figures.ratio?.isDifference == false)
    }

    @Test("without an answer has no figures, and is given up")
    func failures() {
        var contest = ComparisonRun(run: 1, [.ipc, .http])
        contest.add(turn(.ipc, [.microseconds(9)]))
        #expect(contest.isRunning && contest.figures.wires[1].p50 == nil && contest.restLeft == nil)
        let loss = TrialFailure(reason: "none of its 3 calls to 10.0.0.1 was answered")
        contest.add(
            Trial(
                subject: Link.http.rawValue, load: ComparisonRun.benchmark.loads[0], round: 1, outcome: .failure(loss),
                timeLeft: .zero))
        #expect(contest.figures.state == .failed && contest.figures.detail == "Over http no call was answered.")
        contest.finish()
        #expect(contest.figures.state == .failed && contest.restLeft != nil)
    }

    @Test("runs to its end once for all who start it meanwhile, and rests before the next")
    func run() async throws {
        let page = try WebAppPageTests()
        #expect(try await page.client.call(WebAppContract.comparison).state == .idle)
        #expect(try await page.client.call(WebAppContract.compare).run == 1)
        #expect(try await page.client.call(WebAppContract.compare).run == 1)
        let figures = try await page.comparison()
        #expect(figures.state == .done)
        #expect(figures.wires.map(\.link) == [.ipc, .http])
        // On a busy machine its time is over before its rounds are.
        #expect(figures.wires.allSatisfy { $0.failed == 0 })
        #expect(page.overHTTP.count("resource.current_time") > figures.wires[1].calls)
        let refusal = await problem { try await page.client.call(WebAppContract.compare) }
        #expect(refusal?.kind == .tooManyRequests && refusal?.retryAfter != nil)
    }

    @Test("is shown step by step to all who watch, up to its end")
    func events() async throws {
        let page = try WebAppPageTests()
        _ = try await page.client.call(WebAppContract.compare)
        let (one, other) = (page.webApp.comparisonEvents(), page.webApp.comparisonEvents())
        async let last = other.reduce(nil) { $1 }
        var told: [WebAppContract.WireComparison] = []
        for await event in one {
            let text = String(decoding: event, as: UTF8.self)
            #expect(text.hasPrefix("data: {") && text.hasSuffix("}\n\n") && text.count(where: \.isNewline) == 2)
            let json = Data(text.dropFirst(6).utf8)
            told.append(try JSONDecoder().decode(WebAppContract.WireComparison.self, from: json))
        }
        #expect(told.count > 1 && told.map(\.progress) == told.map(\.progress).sorted())
        #expect(told.dropLast().allSatisfy { $0.state == .running } && told.last?.state == .done)
        #expect(await last != nil)
        // Without a comparison that goes on, there is one event: its state.
        #expect(await page.webApp.comparisonEvents().reduce(0) { count, _ in count + 1 } == 1)
    }

    @Test("is given up where a wire leads nowhere, with the reason")
    func outage() async throws {
        let page = try WebAppPageTests()
        page.auth.lead(to: FixedAnswer.nobody)
        _ = try await page.client.call(WebAppContract.compare)
        let figures = try await page.comparison()
        #expect(figures.state == .failed && figures.detail == "Service unavailable.")
    }

    @Test("needs two wires")
    func one() async throws {
        let trust = Trust()
        let line = try Line(trust.auth(), AuthContract.description, trust.verifier)
        let webApp = WebAppService(
            executor: QueueExecutor(name: "webapp"), auth: ServiceRoute(line), resource: ServiceRoute(line))
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
        for match in try text("/").matches(of: /(?:src|href)="(page\/[^"]+)"/) { loaded.insert("/" + match.1) }
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
