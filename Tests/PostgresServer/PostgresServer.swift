public import Foundation
public import Postgres
import Synchronization
import Waiting

/// A PostgreSQL server of a test's own: in a temporary folder, at a Unix socket and a free port, with `fsync` on.
///
/// PostgreSQL refuses to run as root: there it runs as the user `postgres`, whom its package makes.
public final class PostgresServer: Sendable {
    public let port: Int
    let folder: URL
    let programs: URL
    let environment: [String: String]
    public let password = "correct horse/battery@staple"
    let running = Mutex<Process?>(nil)

    /// Runs a test with a server, of which nothing is left then.
    ///
    /// - Parameter environment: what the server's processes find there, made of where their data is.
    public static func open(
        environment: @Sendable (_ data: URL) -> [String: String] = { _ in [:] },
        _ test: (PostgresServer) async throws -> Void
    ) async throws {
        let server = try await started(environment)
        do {
            try await test(server)
        } catch {
            print(server.log)
            server.remove()
            throw error
        }
        server.remove()
    }

    init(_ environment: (_ data: URL) -> [String: String]) throws {
        programs = try Self.findPrograms()
        port = try FreeTCPPort.next()
        let name = "pg-" + String(UInt32.random(in: .min ... .max), radix: 36)
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        self.environment = environment(folder.appending(path: "data"))
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if let owner { try FileManager.default.setAttributes([.ownerAccountName: owner], ofItemAtPath: folder.path) }
    }

    /// The folder of the server's files.
    public var data: URL { folder.appending(path: "data") }

    /// The server's log.
    public var log: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    var logFile: URL { folder.appending(path: "log") }

    /// A `postgres://` URL of a database, over TCP.
    public func url(_ database: String = "postgres", port: Int? = nil) -> String {
        "postgres://star:\(quotedPassword)@127.0.0.1:\(port ?? self.port)/\(database)"
    }

    /// A `postgres://` URL of a database, over the Unix socket.
    public func localURL(_ database: String = "postgres") -> String {
        "postgres://star:\(quotedPassword)@/\(database)?host=\(folder.path)&port=\(port)"
    }

    /// Makes an empty database and gives its URL.
    public func makeDatabase() async throws -> String {
        let name = "d" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await administer { try $0.run("CREATE DATABASE \(name)") }
        return url(name)
    }

    /// Does something as the database's owner.
    @discardableResult
    public func administer<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        var settings = PoolSettings()
        settings.connections = 1
        settings.statementTimeout = .seconds(30)
        let pool = Pool(try ConnectionURL(url()), settings: settings)
        do {
            let value = try await pool.run(body)
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }

    private var quotedPassword: String {
        password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

extension PostgresServer {
    /// Starts it, and waits until it answers.
    public func start() async throws {
        let process = try command(
            "postgres",
            [
                "-D", data.path, "-p", String(port), "-k", folder.path, "-c", "listen_addresses=127.0.0.1",
                "-c", "fsync=on", "-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c",
                "log_min_messages=fatal",
            ])
        try process.run()
        running.withLock { $0 = process }
        try await eventually("the server answers", within: .seconds(30)) {
            do {
                try await administer { try $0.run("SELECT 1") }
                return true
            } catch {
                guard process.isRunning else { throw error }
                return false
            }
        }
    }

    /// Stops it as its owner would, and ends all connections.
    public func stop() {
        end(with: SIGINT)
    }

    /// Ends all its processes as a crash does.
    public func kill() {
        for process in processes().dropFirst() { Foundation.kill(process, SIGKILL) }
        end(with: SIGKILL)
    }

    /// Stops all its processes in their tracks.
    public func freeze() {
        for process in processes() { Foundation.kill(process, SIGSTOP) }
    }

    /// Lets them go on.
    public func thaw() {
        for process in processes() { Foundation.kill(process, SIGCONT) }
    }
}
