import Endpoints
import Foundation
import Hosting
import Logging
import RPC
import ServiceLifecycle
import Synchronization
import TemporaryFiles
import ZeroMQ

/// A service of one word.
enum EchoContract: Contract {
    static let name = "echo"
    static let version = "1.0.0"
    static let summary = "Made for tests."

    static let say = Endpoint<Word, Word>("say", .get, "/say", access: .open, summary: "Says it again.")

    static let endpoints = EndpointList { say }
}

struct Word: Payload, Equatable {
    static let schema = Schema.object(.required("word", .string(length: 1...20, example: "tea"), "A word."))

    let word: String
}

actor EchoService: RPC.Service {
    private nonisolated let executor: ServiceExecutor
    private let own: String?
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter own: the word that it says in place of the caller's.
    init(executor: ServiceExecutor, own: String? = nil) {
        self.executor = executor
        self.own = own
    }

    nonisolated var handlers: Handlers {
        Handlers { handle(EchoContract.say) { word, _ in self.own.map(Word.init) ?? word } }
    }
}

/// A process as far as hosting goes: its settings, and hosts of one runtime.
struct Station {
    let settings: Settings
    let common: CommonSettings
    let runtime: ZeroMQRuntime
    let directory = TemporaryDirectory()

    init(_ values: [String: String]) async throws {
        let sockets = ["ECHO_ZMQ_LISTEN": "ipc://\(directory.path(of: "echo.sock"))", "ECHO_HTTP_PORT": "0"]
        settings = Settings(sockets.merging(values) { $1 })
        common = try CommonSettings(settings)
        runtime = try await ZeroMQRuntime(publicKeys: common.publicKeys, engine: common.engine)
    }

    func host(_ name: String, resolver: HostResolver = .system) throws -> ServiceHost {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try ServiceHost(
            name, port: 0, settings: settings, common: common, runtime: runtime, logger: logger,
            resolver: resolver)
    }

    /// A host that serves echo.
    func echo(_ own: String? = nil) async throws -> ServiceHost {
        let host = try host("echo")
        try await host.serve(
            EchoService(executor: host.executor, own: own), contract: EchoContract.description, verifier: NoTokens())
        return host
    }

    /// Runs hosts while a test goes on, each in its station.
    static func run(_ hosts: [(Station, ServiceHost)], _ test: () async throws -> Void) async throws {
        guard let (station, host) = hosts.first else { return try await test() }
        try await station.run(host) { _ in try await run(Array(hosts.dropFirst()), test) }
    }

    /// Runs a host while a test goes on, and then stops it.
    func run(_ host: ServiceHost, _ test: (ServiceHost) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = ServiceGroup(configuration: .init(services: [host], logger: logger))
        async let running: Void = group.run()
        do {
            try await test(host)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
        await runtime.stop()
    }
}

/// A TCP address on this machine without a listener.
func freeAddress() throws -> String {
    let context = try Context()
    let socket = try Socket(.router, in: context, options: .server)
    let address = try socket.bind(Address("tcp://127.0.0.1:*"))
    socket.close()
    context.terminate()
    return address.description
}

/// A log in memory.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func handler(_ label: String) -> any LogHandler {
        LogLinesHandler { message in self.lines.withLock { $0.append("\(label): \(message)") } }
    }
}

private struct LogLinesHandler: LogHandler {
    let write: @Sendable (Logger.Message) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(write: @escaping @Sendable (Logger.Message) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { write(event.message) }
}
