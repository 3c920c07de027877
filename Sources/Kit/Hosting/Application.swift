import CoreMetrics
import Endpoints
import Foundation
import HTTPTransport
public import Logging
import OTLP
import RPC
import ServiceLifecycle
import Synchronization
import Telemetry
import Tracing
import ZeroMQTransport

/// Services in one process, each over HTTP and over ZeroMQ, with settings, logs, `/metrics`, checks of health, documents
/// and an orderly end.
///
/// ```swift
/// @main
/// enum Main {
///     static func main() async {
///         await Application.main(
///             ServiceModule(GreetingContract.self, port: 8080) { host in
///                 ServiceComponents(GreetingService())
///             })
///     }
/// }
/// ```
public struct Application: Sendable {
    private let runtime: ZeroMQRuntime
    private let hosts: [ServiceHost]
    private let background: [@Sendable @concurrent () async throws -> Void]
    /// Closes what the services leave behind.
    private let closing: [@Sendable () async -> Void]
    private let signals: StopSignals
    private let shutdownTimeout: Duration
    private let logger: Logger

    /// Builds the services; they do not listen yet. It bootstraps `LoggingSystem`, `MetricsSystem` and, if the settings name
    /// a collector of traces, `InstrumentationSystem`, so a process has one application.
    ///
    /// - Parameters:
    ///   - signals: end the process; one that comes during the start does so as soon as that is done. They are made first.
    ///   - name: in the log.
    ///   - metricsHelp: a sentence about each metric of the services' own, by its name.
    ///   - logHandler: makes the log's handler for a label, in place of those of `LOG_FORMAT`; `LOG_LEVEL` holds for it, too.
    /// - Throws: ``SettingsError`` and whatever else stops a start, each a sentence that names what is wrong.
    public init(
        _ modules: [ServiceModule], settings: Settings, signals: StopSignals, name: String = "application",
        metricsHelp: [String: String] = [:], logHandler: (@Sendable (String) -> any LogHandler)? = nil
    ) async throws {
        self.signals = signals
        let common = try CommonSettings(settings)
        shutdownTimeout = common.shutdownTimeout
        let known = Self.settings(of: modules, socketFolder: settings.socketFolder)
        try common.checkSecrets(known, in: settings)
        let telemetry = try TelemetrySettings(settings, service: modules.count == 1 ? modules[0].name : name)
        let makeHandler = logHandler ?? common.logFormat.handler
        LoggingSystem.bootstrap { label in
            var handler = makeHandler(label)
            handler.logLevel = common.logLevel
            return handler
        }
        let prometheus = Prometheus(
            help: MetricsObserver.MetricName.help, TransportStatistics.help, LoadBalancingCaller.help,
            HTTPFront.help, VerifierMetrics.help, LineWriter.help, OTLPExporter.help, Prometheus.processHelp,
            DispatcherMetrics.help, metricsHelp, summaries: [MetricsObserver.MetricName.phases])
        prometheus.observeProcess()
        MetricsSystem.bootstrap(prometheus)
        logger = Logger(label: name)
        Self.warn(of: settings, known, logger)
        runtime = try await ZeroMQRuntime(publicKeys: common.publicKeys, engine: common.engine)
        var hosts: [ServiceHost] = []
        var background: [@Sendable @concurrent () async throws -> Void] = []
        var closing: [@Sendable () async -> Void] = []
        if let exporter = telemetry.exporter(logger) {
            InstrumentationSystem.bootstrap(OTLPTracer(exporter, sampler: telemetry.sampler))
            background.append { await exporter.run() }
            closing.append { await exporter.close() }
        }
        do {
            for module in modules {
                let host = try ServiceHost(
                    module.name, port: module.port, settings: settings, common: common, runtime: runtime,
                    logger: logger)
                hosts.append(host)
                let built = try await module.build(host)
                closing.append(built.close)
                let dispatcher = try await host.serve(
                    built.service, contract: module.contract, verifier: built.verifier,
                    interceptors: built.interceptors, observers: built.observers,
                    pages: built.pages + [Self.metrics(prometheus)])
                DispatcherMetrics.add(to: prometheus, module.contract, dispatcher)
                VerifierMetrics.add(to: prometheus, module.name, built.verifier)
                background += built.background
            }
        } catch {
            // Sockets are released on their threads, and not wherever the last reference ends.
            for host in hosts { await host.close() }
            for close in closing { await close() }
            await runtime.stop()
            throw error
        }
        self.hosts = hosts
        self.background = background
        self.closing = closing
    }

    /// The settings that a program of these services reads.
    ///
    /// - Parameter socketFolder: the folder of the sockets whose addresses no setting names.
    public static func settings(
        of modules: [ServiceModule], socketFolder: String = Settings.defaultSocketFolder
    ) -> [SettingDescription] {
        let own = modules.flatMap {
            ServiceSettings.all(of: $0.name, port: $0.port, socketFolder: socketFolder) + $0.settings
        }
        var names: Set<String> = []
        return (CommonSettings.all + own + TelemetrySettings.all).filter { names.insert($0.name).inserted }
    }

    private static func warn(of settings: Settings, _ known: [SettingDescription], _ logger: Logger) {
        let unknown = settings.unknown(of: known)
        for unknown in unknown where unknown.nearest != nil {
            logger.warning("Unknown setting", metadata: unknown.metadata)
        }
        // A file may be that of several programs, each of which knows its own.
        let others = unknown.filter { $0.nearest == nil }.map { "\($0.name) (\($0.place))" }
        if !others.isEmpty {
            logger.info("Not settings of this program", metadata: ["names": .array(others.map { .string($0) })])
        }
        for name in Set(settings.serviceLinks(of: known)).sorted() {
            logger.warning(
                "A service link of Kubernetes is no setting: enableServiceLinks: false keeps such links out",
                metadata: ["name": "\(name)"])
        }
    }

    private static func metrics(_ prometheus: Prometheus) -> Page {
        func page(_ format: Prometheus.Exposition, alternatives: [Page] = []) -> Page {
            Page("/metrics", contentType: format.contentType, alternatives: alternatives) {
                Data(prometheus.text(format).utf8)
            }
        }
        return page(.plain, alternatives: [page(.openMetrics)])
    }

    /// Runs until one of the signals comes, then stops in the opposite order.
    ///
    /// - Parameter manager: is notified once all services listen, and when they begin to stop.
    /// - Throws: ``StartError`` if an address is taken; whatever a task beside the services throws.
    public func run(_ manager: ServiceManager = .init(address: nil)) async throws {
        let helpers = (background + [{ try await StartupMemory.release(after: .seconds(2)) }]).map { work in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: Helper(work: work, timeout: shutdownTimeout, logger: logger),
                successTerminationBehavior: .ignore)
        }
        let start = Start(count: hosts.count, manager: manager)
        let services: [any ServiceLifecycle.Service] =
            hosts.map { Hosted(host: $0, start: start) } + [Drain(hosts: hosts, manager: manager)]
        let group = ServiceGroup(
            configuration: .init(services: helpers + services.map { .init(service: $0) }, logger: logger))
        let stopping = Task {
            await signals.wait()
            await group.triggerGracefulShutdown()
        }
        defer { stopping.cancel() }
        do {
            try await group.run()
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        for close in closing { await close() }
        await runtime.stop()
    }
}

extension Application {
    /// Runs services until SIGTERM, SIGINT or SIGHUP: the whole of a program. With `--version` it prints the versions of the
    /// services and of the kit instead.
    ///
    /// A failure ends the process with a sentence on standard error, and with exit code 78 if a setting is wrong, 1 otherwise
    /// (sysexits.h).
    ///
    /// - Parameters:
    ///   - environmentFile: the file that settings are read from, beside the environment. Only `.env` need not exist.
    ///   - socketFolder: the folder of the sockets whose addresses no setting names.
    ///   - metricsHelp: a sentence about each metric of the services' own, by its name.
    ///   - logHandler: makes the log's handler for a label, in place of those of `LOG_FORMAT`; `LOG_LEVEL` holds for it, too.
    public static func main(
        _ modules: ServiceModule..., environmentFile: String = Settings.defaultFile,
        socketFolder: String = Settings.defaultSocketFolder, metricsHelp: [String: String] = [:],
        logHandler: (@Sendable (String) -> any LogHandler)? = nil
    ) async {
        await main(
            modules, environmentFile: environmentFile, socketFolder: socketFolder, metricsHelp: metricsHelp,
            logHandler: logHandler)
    }

    /// Runs services until SIGTERM, SIGINT or SIGHUP: the same for a program that finds out which, such as a command.
    public static func main(
        _ modules: [ServiceModule], environmentFile: String = Settings.defaultFile,
        socketFolder: String = Settings.defaultSocketFolder, metricsHelp: [String: String] = [:],
        logHandler: (@Sendable (String) -> any LogHandler)? = nil
    ) async {
        if ProcessInfo.processInfo.arguments.dropFirst() == ["--version"] { return print(version(of: modules)) }
        do {
            try await run(
                environmentFile: environmentFile, socketFolder: socketFolder,
                name: modules.count == 1 ? modules[0].name : "application", metricsHelp: metricsHelp,
                logHandler: logHandler
            ) { _ in modules }
        } catch {
            let reason = (error as? Problem)?.detail ?? "\(error)"
            LogFormat.writeFailure(reason, of: ProcessInfo.processInfo.processName)
            exit(error is SettingsError ? 78 : 1)
        }
    }

    /// Runs services until SIGTERM, SIGINT or SIGHUP, however early it comes.
    ///
    /// - Parameters:
    ///   - environmentFile: the file that settings are read from, beside the environment. Only `.env` need not exist.
    ///   - socketFolder: the folder of the sockets whose addresses no setting names.
    ///   - name: in the log.
    ///   - metricsHelp: a sentence about each metric of the services' own, by its name.
    ///   - logHandler: makes the log's handler for a label, in place of those of `LOG_FORMAT`; `LOG_LEVEL` holds for it, too.
    ///   - modules: makes the services from the settings.
    /// - Throws: ``SettingsError`` and whatever else stops a start; ``StartError`` if an address is taken; whatever a task
    ///   beside the services throws.
    public static func run(
        environmentFile: String = Settings.defaultFile, socketFolder: String = Settings.defaultSocketFolder,
        name: String = "application", metricsHelp: [String: String] = [:],
        logHandler: (@Sendable (String) -> any LogHandler)? = nil, modules: (Settings) throws -> [ServiceModule]
    ) async throws {
        let signals = await StopSignals()
        let manager = ServiceManager(address: ProcessInfo.processInfo.environment["NOTIFY_SOCKET"])
        let settings = try Settings(environmentFile: environmentFile, socketFolder: socketFolder)
        (try? CommonSettings(settings))?.logFormat.becomeProcessFormat()
        let modules = try modules(settings)
        try FileDescriptorLimit.raiseLimit(forServices: modules.count)
        try AddressSpaceLimit.check(forServices: modules.count)
        try ThreadLimit.check(forServices: modules.count)
        try await Application(
            modules, settings: settings, signals: signals, name: name, metricsHelp: metricsHelp,
            logHandler: logHandler
        ).run(manager)
    }
}

extension UnknownSetting {
    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["name": "\(name)", "place": "\(place)"]
        if let nearest { metadata["nearest"] = "\(nearest)" }
        return metadata
    }
}

/// Counts the services that listen, and notifies the manager once all do.
private final class Start: Sendable {
    private let missing: Atomic<Int>
    private let manager: ServiceManager

    init(count: Int, manager: ServiceManager) {
        missing = Atomic(count)
        self.manager = manager
    }

    func isListening() {
        if missing.subtract(1, ordering: .relaxed).newValue == 0 { manager.notify(.ready) }
    }
}

private struct Hosted: ServiceLifecycle.Service {
    let host: ServiceHost
    let start: Start

    func run() async throws { try await host.run(isListening: start.isListening) }
}

/// The last of the group, and so the first to be stopped: all services drain at once, and then stop one after the
/// other.
private struct Drain: ServiceLifecycle.Service {
    let hosts: [ServiceHost]
    let manager: ServiceManager

    func run() async throws {
        try await gracefulShutdown()
        manager.notify(.stopping)
        await withDiscardingTaskGroup { group in
            for host in hosts { group.addTask { await host.drain() } }
        }
    }
}

extension Application {
    /// The version of the kit.
    public static let kitVersion = "0.1.0"

    /// The lines that a program prints for `--version`: its services with the versions of their contracts, and the kit's.
    static func version(of modules: [ServiceModule]) -> String {
        let services = modules.map { "\($0.contract.name) \($0.contract.version)" }
        return (services + ["Starmicroservices \(kitVersion)"]).joined(separator: "\n")
    }
}
