import Endpoints
import Foundation
import StarServices
import Synchronization
import Testing
import Waiting
import Web

/// A place where services run as processes: a directory, ports and settings of its own. What was started there ends with it.
final class Site: Sendable {
    static let services = ServiceDefinition.all.map(\.name)

    let directory: URL
    let ports: [String: Int]
    private let settings: [String: String]
    private let processes = Mutex<[Running]>([])

    /// Runs a test at a new site.
    ///
    /// - Parameter settings: makes settings beside the ports, `GUEST_PERMISSIONS=time` and no limits, of what the site has.
    static func open(
        _ settings: (Site) throws -> [String: String] = { _ in [:] }, _ test: (Site) async throws -> Void
    ) async throws {
        await Turnstile.shared.enter()
        defer { Turnstile.shared.leave() }
        let bare = try Site()
        let site = Site(bare, try settings(bare))
        do {
            try await test(site)
        } catch {
            // Most failures are explained by what the services have said.
            print(site.logs)
            await site.close()
            throw error
        }
        await site.close()
    }

    private init() throws {
        let name = "star-" + String(UInt32.random(in: .min ... .max), radix: 36)
        directory = FileManager.default.temporaryDirectory.appending(path: name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        ports = try Dictionary(uniqueKeysWithValues: Self.services.map { ($0, try FreePort.next()) })
        settings = [:]
    }

    private init(_ bare: Site, _ more: [String: String]) {
        directory = bare.directory
        ports = bare.ports
        var settings = [
            "GUEST_PERMISSIONS": "time", "AUTH_RATE_LIMIT_PER_USER": "0", "AUTH_RATE_LIMIT_PER_ADDRESS": "0",
        ]
        for (service, port) in bare.ports { settings[service.uppercased() + "_HTTP_PORT"] = String(port) }
        self.settings = settings.merging(more) { $1 }
    }

    private func close() async {
        await killAll()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Ends all processes as a crash does.
    func killAll() async {
        for process in processes.withLock({ $0 }) { await process.kill() }
    }

    /// The URL at which a service listens for HTTP.
    func url(_ service: String) -> String { "http://127.0.0.1:\(ports[service] ?? 0)" }

    /// The address at which a service listens for ZeroMQ, unless the settings say otherwise.
    func socket(_ service: String) -> String { "ipc://\(directory.path)/.star/run/\(service).sock" }

    /// All that the processes have said so far.
    var logs: String { processes.withLock { $0 }.map(\.log).joined(separator: "\n") }
}

extension Site {
    /// Starts `star` and goes on at once.
    func start(_ arguments: [String], input: String = "", _ more: [String: String] = [:]) throws -> Running {
        let running = try Running(
            arguments, in: directory, input: input, settings: settings.merging(more) { $1 },
            log: directory.appending(path: "log-\(UInt32.random(in: .min ... .max))"))
        processes.withLock { $0.append(running) }
        return running
    }

    /// Runs `star` to its end.
    func star(_ arguments: String..., input: String = "", settings: [String: String] = [:]) async throws -> Ended {
        let running = try start(arguments, input: input, settings)
        return Ended(code: try await running.end(), output: running.output, log: running.log)
    }

    /// Starts services in one process, and waits until all of them are ready.
    @discardableResult
    func serve(_ services: String..., settings: [String: String] = [:]) async throws -> Running {
        let running = try start(["serve"] + services, settings)
        for service in services == ["all"] ? Self.services : services {
            try await ready(service, running)
        }
        return running
    }

    /// Waits until a service says that it is ready.
    func ready(_ service: String, _ running: Running? = nil) async throws {
        try await eventually("\(service) is ready") {
            if let running, let code = running.code { throw EndedEarly(service: service, code: code) }
            return (try? await Web.get(url(service) + "/health/ready"))?.status == 200
        }
    }

    /// Adds a user by the command line.
    func addUser(_ name: String, password: String, permissions: String...) async throws {
        let added = try await star(
            arguments: ["users", "add", name] + permissions.flatMap { ["--permission", $0] }, input: password + "\n")
        try #require(added.code == 0, "\(added.log)")
    }

    private func star(arguments: [String], input: String) async throws -> Ended {
        let running = try start(arguments, input: input)
        return Ended(code: try await running.end(), output: running.output, log: running.log)
    }

    /// Asks auth for a token over REST: a guest's, unless a user is named.
    func token(user: String? = nil, password: String? = nil) async throws -> String {
        let body = user.map { #"{"user":"\#($0)","password":"\#(password ?? "")"}"# }
        let answer = try await Web.send("POST", url("auth") + "/api/v1/auth/create", body: body)
        try #require(answer.status == 201, "\(answer.body)")
        return try #require(answer.data?["token"]?.string)
    }
}

struct EndedEarly: Error {
    let service: String
    let code: Int32
}

/// The exit code and the output of a process that has ended.
struct Ended {
    /// Its exit code; the negative number of a signal.
    let code: Int32
    let output: String
    let log: String
}
