import Endpoints
import Foundation
import Synchronization
import Testing
import Waiting
import Web

/// An auth whose store is troubled by a test, and the users that it has acknowledged.
struct StoreRig {
    let site: Site
    let token: String
    private let users = AcknowledgedUsers()

    /// Starts auth, and lets its first administrator in.
    static func open(_ settings: [String: String], _ test: (StoreRig) async throws -> Void) async throws {
        try await Site.open({ _ in settings }) { site in
            try await site.serve("auth")
            let file = site.directory.appending(path: ".star/data/admin-password")
            let password = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
            try await test(StoreRig(site: site, token: try await site.token(user: "admin", password: password)))
        }
    }

    private init(site: Site, token: String) {
        self.site = site
        self.token = token
    }

    /// Adds a user, and notes it where that was acknowledged.
    @discardableResult
    func write() async throws -> Answer {
        let name = users.next()
        let answer = try await Web.send(
            "POST", site.url("auth") + "/api/v1/auth/users", ["X-Token": token],
            body: #"{"user":"\#(name)","password":"seven wet socks"}"#)
        if answer.status == 201 { users.acknowledge(name) }
        return answer
    }

    func read() async throws -> Answer {
        try await Web.get(site.url("auth") + "/api/v1/auth/users", ["X-Token": token])
    }

    /// Writes until a write is refused, and gives that answer, which must have come in time.
    func refusal() async throws -> Answer {
        try await eventually("a write is refused") {
            let start = ContinuousClock.now
            let answer = try await write()
            #expect(start.duration(to: .now) < .seconds(5))
            return answer.status == 201 ? nil : answer
        }
    }

    /// Writes are refused with a 503, and readiness says why.
    func isTroubled() async throws {
        let refused = try await refusal()
        #expect(refused.status == 503 && refused.code == "store_unavailable", "\(refused.body)")
        try await eventually("auth says that it waits for its store", within: .seconds(5)) {
            let health = try await Web.get(site.url("auth") + "/health/ready")
            return health.status == 503 && health.body.contains("its store")
        }
        // Calls that need no store go on.
        #expect(try await Web.get(site.url("auth") + "/health/live").status == 200)
        #expect(try await Web.get(site.url("auth") + "/.well-known/jwks.json").status == 200)
    }

    /// Within five seconds auth is ready and writes again, and has all that it has acknowledged.
    func recovers() async throws {
        try await eventually("auth is ready again", within: .seconds(5)) {
            try await Web.get(site.url("auth") + "/health/ready").status == 200
        }
        let written = try await write()
        #expect(written.status == 201, "\(written.body)")
        try await keepsItsWord()
    }

    /// All that was acknowledged is there.
    func keepsItsWord() async throws {
        var (found, next) = (Set<String>(), String?.none)
        repeat {
            let after = next.map { "&after=\($0)" } ?? ""
            let url = site.url("auth") + "/api/v1/auth/users?limit=200\(after)"
            let page = try #require(try await Web.get(url, ["X-Token": token]).data)
            guard case .array(let users) = page["users"] else { break }
            found.formUnion(users.compactMap { $0["user"]?.string })
            next = page["next"]?.string
        } while next != nil
        let lost = users.acknowledged.subtracting(found)
        #expect(!users.acknowledged.isEmpty && lost.isEmpty)
    }

    /// Writes from several sides until something ends that, which comes after some writes.
    func write(until end: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let before = users.acknowledged.count
            for _ in 1...4 {
                group.addTask { while !Task.isCancelled { _ = try? await write() } }
            }
            try await eventually("there were some writes") { users.acknowledged.count >= before + 15 }
            try await end()
            group.cancelAll()
        }
    }
}

/// Names of users, and which of them were acknowledged.
private final class AcknowledgedUsers: Sendable {
    private struct State {
        var count = 0
        var acknowledged: Set<String> = []
    }

    private let state = Mutex(State())

    var acknowledged: Set<String> { state.withLock { $0.acknowledged } }

    func next() -> String {
        state.withLock { state in
            state.count += 1
            return "user\(state.count)"
        }
    }

    func acknowledge(_ name: String) {
        _ = state.withLock { $0.acknowledged.insert(name) }
    }
}
