import Auth
import Contracts
import CoreMetrics
import Foundation
import HTTPTransport
import Hosting
import Logging
import RPC
import ServiceLifecycle
import Synchronization
import Telemetry
import UnixSignals
import ZeroMQTransport

/// Some services of the family in one process.
struct Fleet {
    private let runtime: Runtime
    private let hosts: [ServiceHost]
    private let background: [@Sendable () async throws -> Void]
    /// Closes what the services leave behind.
    private let closing: [@Sendable () async -> Void]
    private let logger: Logger

    /// Builds the services; they do not listen yet.
    ///
    /// - Throws: `SettingsError` and whatever else stops a start, each a sentence that names what is wrong.
    init(_ members: [Member], settings: Settings) async throws {
        let family = try FamilySettings(settings)
        let fleet = try FleetSettings(settings, family)
        LoggingSystem.bootstrap { family.logFormat.handler($0, level: family.logLevel) }
        let prometheus = Prometheus(
            help: MetricsObserver.Name.help, FrontCounters.help, ReplicaCaller.help, TrustMetrics.help,
            AuthService.metricsHelp, summaries: [MetricsObserver.Name.phases])
        MetricsSystem.bootstrap(prometheus)
        logger = Logger(label: "star")
        for unknown in settings.unknown(of: FleetSettings.all) {
            logger.warning("Unknown setting", metadata: unknown.metadata)
        }
        for name in settings.serviceLinks(of: FleetSettings.all) {
            logger.warning(
                "A service link of Kubernetes is no setting: enableServiceLinks: false keeps such links out",
                metadata: ["name": "\(name)"])
        }
        runtime = try await Runtime(publicKeys: family.publicKeys)
        var hosts: [ServiceHost] = []
        var background: [@Sendable () async throws -> Void] = []
        var closing: [@Sendable () async -> Void] = []
        do {
            for member in members {
                let host = try ServiceHost(
                    member.name, port: member.port, settings: settings, family: family, runtime: runtime,
                    logger: logger)
                hosts.append(host)
                let built = try await member.build(host, fleet)
                closing.append(built.close)
                let trust = TrustMetrics(member.name, built.verifier)
                let metrics = Page("/metrics", contentType: Prometheus.contentType) {
                    trust.record()
                    return Data(prometheus.text().utf8)
                }
                try await host.serve(
                    built.service, contract: member.contract, verifier: built.verifier,
                    interceptors: built.interceptors, observers: built.observers, pages: built.pages + [metrics])
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

    /// Runs until SIGTERM or SIGINT, then stops in the opposite order.
    ///
    /// - Parameter manager: is notified once all services listen, and when they begin to stop.
    func run(_ manager: ServiceManager) async throws {
        let helpers = (background + [{ try await StartMemory.giveBack(after: .seconds(2)) }]).map { work in
            ServiceGroupConfiguration.ServiceConfiguration(
                service: Helper(work: work), successTerminationBehavior: .ignore)
        }
        let start = Start(count: hosts.count, manager: manager)
        let services: [any ServiceLifecycle.Service] =
            hosts.map { Hosted(host: $0, start: start) } + [Drain(hosts: hosts, manager: manager)]
        let group = ServiceGroup(
            configuration: .init(
                services: helpers + services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        do {
            try await group.run()
        } catch {
            for close in closing { await close() }
            throw error
        }
        for close in closing { await close() }
        await runtime.stop()
    }
}

/// Work beside the services. If it fails, the process ends with the reason; if it is done, the helper waits for the end
/// of the services all the same, because a group that is shutting down takes any other end of a member for a failure.
private struct Helper: ServiceLifecycle.Service {
    let work: @Sendable () async throws -> Void

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown(work)
            try await gracefulShutdown()
        } catch is CancellationError {}
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
