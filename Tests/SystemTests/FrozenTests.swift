import AsyncHTTPClient
import Endpoints
import Foundation
import Testing
import Waiting
import Web

/// The ways from webapp to auth.
enum Way: String, CaseIterable, CustomTestStringConvertible {
    case ipc, tcp, http

    var testDescription: String { rawValue }

    func settings(_ site: Site) throws -> [String: String] {
        switch self {
        case .ipc: return [:]
        case .http: return ["AUTH_URL": site.url("auth")]
        case .tcp:
            let address = "tcp://127.0.0.1:\(try FreePort.next())"
            return ["AUTH_ZMQ_LISTEN": address, "AUTH_URL": address]
        }
    }
}

@Suite("What is asked of a frozen auth", .timeLimit(.minutes(5)))
struct FrozenTests {
    @Test("is not done later, if its caller was told that it was not", arguments: Way.allCases, ["1000", nil])
    func writes(way: Way, timeout: String?) async throws {
        try await Site.open(way.settings) { site in
            try await site.addUser("ada", password: "correct horse", permissions: "users")
            let auth = try await site.serve("auth")
            try await site.serve("resource")
            try await site.serve("webapp")
            let token = try await site.token(user: "ada", password: "correct horse")
            #expect(try await add("before", by: token, site).status == 201)
            auth.send(SIGSTOP)
            // Callers that close their connection when they give up.
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            let direct = (1...5).map { number in
                Task {
                    let url = site.url("auth") + "/api/v1/auth/users"
                    return try await add("user-direct\(number)", by: token, at: url, from: client)
                }
            }
            let statuses = try await withThrowingTaskGroup { group in
                for number in 1...10 {
                    group.addTask { try await add("user\(number)", by: token, site, timeout).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count == 10 && statuses.allSatisfy { $0 == 503 || $0 == 504 }, "\(statuses)")
            for task in direct {
                task.cancel()
                _ = await task.result
            }
            // A cancelled task has ended before its connection is closed.
            try await client.shutdown()
            auth.send(SIGCONT)
            try await eventually("webapp reaches auth") { try await add("after", by: token, site).status == 201 }
            let names = try await users(by: token, site)
            #expect(names.contains("before") && names.contains("after"), "\(names)")
            #expect(names.filter { $0.hasPrefix("user") } == [], "after \(statuses)")
        }
    }

    private func add(_ name: String, by token: String, _ site: Site, _ timeout: String? = nil) async throws -> Answer {
        try await add(name, by: token, at: site.url("webapp") + "/api/v1/users", timeout)
    }

    private func add(
        _ name: String, by token: String, at url: String, _ timeout: String? = nil, from client: HTTPClient = .shared
    ) async throws -> Answer {
        var headers = ["X-Token": token]
        headers["X-Timeout-Ms"] = timeout
        let body = #"{"user":"\#(name)","password":"seven wet socks"}"#
        return try await Web.send("POST", url, headers, body: body, from: client)
    }

    private func users(by token: String, _ site: Site) async throws -> [String] {
        let answer = try await Web.get(site.url("auth") + "/api/v1/auth/users", ["X-Token": token])
        guard case .array(let users) = answer.data?["users"] else { throw Late(description: answer.body) }
        return users.compactMap { $0["user"]?.string }
    }
}
