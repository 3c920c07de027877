public import Endpoints
import EventLoop
public import HTTPTransport
public import Logging
public import RPC
public import ServiceLifecycle
import Telemetry
import ZeroMQ
import ZeroMQTransport

/// A service as part of a process: its thread, its fronts, its callers, and a clean end.
///
/// Made first, it gives the service what it is built with: an ``executor`` and ``caller(to:)``. Then it gets what to
/// ``serve(_:contract:verifier:interceptors:observers:pages:)``, and run.
public final class ServiceHost: ServiceLifecycle.Service {
    /// The name of the service.
    public let name: String
    /// Writes to the log of the process, with the name of the service.
    public let logger: Logger
    /// The settings that all services of the process share.
    public let common: CommonSettings
    /// All settings of the process, to read those of the service from.
    public let settings: Settings

    private let thread: SocketThread
    private let runtime: ZeroMQRuntime
    private let resolver: HostResolver
    private let service: ServiceSettings
    private let parts = RunningParts()

    /// - Parameters:
    ///   - port: for HTTP, unless the settings name another.
    ///   - resolver: finds the replicas of other services by their names.
    /// - Throws: ``SettingsError``; `SystemError` if the system has no thread left.
    public init(
        _ name: String, port: Int, settings: Settings, common: CommonSettings, runtime: ZeroMQRuntime, logger: Logger,
        resolver: HostResolver = .system
    ) throws {
        self.name = name
        self.settings = settings
        self.common = common
        self.runtime = runtime
        self.resolver = resolver
        var logger = logger
        logger[metadataKey: "service"] = .string(name)
        self.logger = logger
        service = try ServiceSettings(name, port: port, settings)
        thread = try SocketThread(name: name, spinTime: common.spinTime)
    }

    /// The executor of the service's actor: the thread that owns its sockets.
    public var executor: ServiceExecutor { thread }

    /// A way to another service, by the transport that its `…_URL` names. It connects by itself, to each of its
    /// replicas.
    ///
    /// - Throws: ``SettingsError``, `ZeroMQError`.
    public func caller(to contract: ContractDescriptor) async throws -> any Caller {
        try await replicas(of: contract).caller
    }

    /// A way to each replica of another service that its `…_URL` names.
    ///
    /// - Throws: ``SettingsError``, `ZeroMQError`.
    public func replicas(of contract: ContractDescriptor) async throws -> ServiceReplicas {
        try await replicas(of: contract, at: try ServiceSettings.addresses(of: contract.name, settings))
    }

    /// A way to another service, at an address of the caller's choice.
    ///
    /// - Throws: ``SettingsError``, `ZeroMQError`.
    public func caller(to contract: ContractDescriptor, at address: PeerAddress) async throws -> any Caller {
        try await replicas(of: contract, at: [address]).caller
    }

    private func replicas(of contract: ContractDescriptor, at addresses: [PeerAddress]) async throws -> ServiceReplicas
    {
        let sources = try addresses.map { try source(of: contract, at: $0) }
        let replicas = try await ServiceReplicas(sources, resolver: resolver, logger: logger)
        await parts.add(replicas.caller)
        return replicas
    }

    private func source(
        of contract: ContractDescriptor, at address: PeerAddress
    ) throws(SettingsError) -> ReplicaSource {
        switch address {
        case .http(let url):
            return ReplicaSource(address) { [maxReply = common.maxReply] place in
                HTTPCaller(url, at: place, replyLimit: maxReply)
            }
        case .zeroMQ(let target):
            let security = try common.security(
                to: contract.name, at: target, named: ServiceSettings.addressName(of: contract.name),
                with: service.curve, of: name)
            let maxReply = common.maxReply
            return ReplicaSource(address) { [thread, runtime] place in
                let caller = ZeroMQCaller(
                    place.map(target.at) ?? target, on: thread, context: runtime.context, contract: contract,
                    security: security, maxReply: maxReply)
                try await caller.start()
                return caller
            }
        }
    }

    /// Publishes the service's changes, at its `…_EVENTS_LISTEN`. It begins with the service.
    ///
    /// - Throws: ``SettingsError``.
    public func publisher() async throws -> any EventPublisher {
        let addresses = try settings.value(for: EventSettings.listen(name, in: settings.socketFolder))
        let publisher = ZeroMQPublisher(
            on: thread, context: runtime.context, addresses: addresses,
            security: try serverSecurity(addresses, EventSettings.listenName(of: name)))
        await parts.add(publisher, at: addresses.map(\.description).joined(separator: " and "))
        return publisher
    }

    /// Subscribes to the events of another service, at its `…_EVENTS_URL`.
    ///
    /// - Parameters:
    ///   - receive: called with each event, in order, on the service's thread; it must not block.
    /// - Throws: ``SettingsError``, `ZeroMQError`.
    public func listen(
        to contract: ContractDescriptor, _ topic: String, receive: @escaping @Sendable (Event) -> Void
    ) async throws {
        for address in try settings.value(for: EventSettings.address(contract.name, in: settings.socketFolder)) {
            let subscription = ZeroMQSubscription(
                to: topic, at: address, on: thread, context: runtime.context,
                security: try common.security(
                    to: contract.name, at: address, named: EventSettings.addressName(of: contract.name),
                    with: service.curve, of: name),
                receive: receive)
            await parts.add(subscription)
            try await subscription.start()
        }
    }

    /// Says what is served.
    ///
    /// - Parameters:
    ///   - verifier: says who shows a token; by default no token is accepted.
    ///   - interceptors: wrap its calls, within the tracing.
    ///   - observers: learn of its replies, beside the log and the metrics.
    ///   - pages: documents that the HTTP front shows beside the contract, `/schema` and `/docs`. If none is at `/`, it
    ///     redirects to `/docs`.
    /// - Returns: what answers its calls.
    /// - Throws: ``ContractError`` if contract and handlers do not fit; ``SettingsError``.
    @discardableResult
    public func serve(
        _ actor: some RPC.Service, contract: ContractDescriptor, verifier: any TokenVerifier = NoTokens(),
        interceptors: [any ServerInterceptor] = [], observers: [any CallObserver] = [], pages: [Page] = []
    ) async throws -> Dispatcher {
        let dispatcher = try Dispatcher(
            actor, contract: contract, verifier: verifier, maxInFlight: common.maxInFlight,
            interceptors: [any ServerInterceptor].tracing + interceptors,
            observers: [LoggingObserver(logger), MetricsObserver([contract])] + observers)
        var limits = ZeroMQFront.Limits()
        limits.maxBody = common.maxBody
        limits.maxUnfinished = common.maxBodyMemory
        limits.shutdownTimeout = common.shutdownTimeout
        let zeroMQ = ZeroMQFront(
            dispatcher, on: thread, context: runtime.context, addresses: service.listen,
            security: try serverSecurity(service.listen, "\(prefix)_ZMQ_LISTEN"),
            limits: limits)
        let http = try HTTPFront(
            dispatcher,
            settings: .init(
                hosts: service.httpHosts, port: service.httpPort, bodyLimit: common.maxBody,
                bodyMemoryLimit: common.maxBodyMemory, connectionLimit: common.maxConnections,
                idleTimeout: common.httpIdleTime, cors: common.cors, trustedProxies: common.trustedProxies,
                proxyProtocol: common.proxyProtocol,
                shutdownTimeout: common.shutdownTimeout),
            pages: Page.all(of: dispatcher.contracts, and: pages, at: service.httpPort == 0 ? nil : service.url))
        let place = service.listen.map(\.description).joined(separator: " and ")
        await parts.add(dispatcher, [(zeroMQ, at: place), (http, at: service.url)])
        return dispatcher
    }

    /// Runs until the process is asked to stop, then drains and releases everything.
    ///
    /// - Throws: ``StartError`` if an address is taken.
    public func run() async throws {
        try await run {}
    }

    /// Runs until the process is asked to stop, then drains and releases everything.
    ///
    /// - Parameter isListening: called once, when all addresses accept connections.
    /// - Throws: ``StartError`` if an address is taken.
    public func run(isListening: @Sendable () -> Void) async throws {
        do {
            for address in try await parts.start(name) {
                logger.notice("Listening", metadata: ["address": "\(address)"])
            }
            warnOfBlockedPort()
            isListening()
            try await gracefulShutdown()
        } catch {
            await close()
            throw error
        }
        logger.notice("Stopping")
        await drain()
        await close()
    }

    private func warnOfBlockedPort() {
        guard BrowserPorts.blocked.contains(service.httpPort) else { return }
        logger.warning(
            "Browsers refuse to open this port",
            metadata: ["port": "\(service.httpPort)", "setting": "\(ServiceSettings.httpPortName(of: name))"])
    }

    /// Releases everything at once: for a host that is not run, because something else stops the start.
    public func close() async {
        await parts.stop()
        await thread.shutdown()
    }

    /// Says that the service will stop, and goes on answering for the drain time. Called again, it waits for the same
    /// end: so services of one process drain together if all are asked to before the first stops.
    public func drain() async {
        await parts.drain(for: common.drainTime)
    }

    /// Encrypted wherever there is a key, and wherever other machines reach it.
    private func serverSecurity(
        _ addresses: [Address], _ setting: String
    ) throws(SettingsError) -> SocketOptions.Security {
        try common.check(service.curve, of: name)
        if let curve = service.curve { return .curveServer(curve.secretKey, zapDomain: ZeroMQRuntime.domain) }
        guard let exposed = addresses.first(where: { !$0.isPrivate }) else { return .none }
        throw SettingsError(
            description: "\(setting) names \(exposed), which other machines reach: "
                + "\(prefix)_CURVE_SECRET_KEY must be set.")
    }

    private var prefix: String { name.uppercased() }
}

/// A service cannot begin to listen: a sentence that names it and the address.
public struct StartError: Error, CustomStringConvertible {
    public let description: String
}
