import Background
import Endpoints
public import Logging
public import RPC

/// The replicas of a service: one for each address that the settings name, and one for each place that a name leads to.
public struct ServiceReplicas: Sendable {
    /// A way to all of them, which is to be closed.
    public let caller: any Caller
    private let list: @Sendable () async -> [Replica]

    /// Those that are known now, in the order of the settings.
    public var current: [Replica] { get async { await list() } }

    /// - Parameters:
    ///   - sources: one at least.
    ///   - logger: gets a line when a replica comes or goes, or a name cannot be resolved.
    /// - Throws: what the sources throw for an address without a name.
    public init(_ sources: [ReplicaSource], resolver: HostResolver = .system, logger: Logger) async throws {
        if sources.contains(where: { $0.address.hostName != nil }) {
            let directory = ReplicaDirectory(sources, resolver: resolver, logger: logger)
            await directory.start()
            caller = directory
            list = { await directory.replicas }
        } else {
            var replicas: [Replica] = []
            for source in sources {
                let caller = LossLog(try await source.connect(nil), logger, ["address": "\(source.address)"])
                replicas.append(Replica(address: source.address, place: nil, caller: caller))
            }
            caller = replicas.count == 1 ? replicas[0].caller : LoadBalancingCaller(replicas.map(\.caller))
            list = { [replicas] in replicas }
        }
    }
}

/// Calls the replicas of a service whose names are followed.
///
/// Names are resolved again every few seconds, and at once when a replica is lost. A new location is called when it has
/// passed a health check; one that has gone gets no more calls, and its last ones end. While a name cannot be
/// resolved, the locations stay that it led to before.
actor ReplicaDirectory: Caller {
    private struct ReplicaLocation: Hashable {
        /// The number of the source.
        let source: Int
        let host: String?
    }

    private let sources: [ReplicaSource]
    private let resolver: HostResolver
    private let logger: Logger
    private let balancer: LoadBalancingCaller
    private let signals: AsyncStream<ResolutionReason>
    private let signal: AsyncStream<ResolutionReason>.Continuation
    private var members: [ReplicaLocation: BalancedReplica] = [:]
    private var unresolved: Set<Int> = []
    private var isClosed = false

    /// The reason to resolve the names again.
    private enum ResolutionReason {
        case loss
        case time
    }

    /// The time between two resolutions: short at first and after a loss, and then longer and longer.
    private static let pauses = Backoff(initial: .milliseconds(250), max: .seconds(5), jitter: 1...1)
    /// The least time between two queries of a name server, however many replicas are lost at once.
    private static let minInterval = Duration.milliseconds(200)

    init(_ sources: [ReplicaSource], resolver: HostResolver, logger: Logger) {
        self.sources = sources
        self.resolver = resolver
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        balancer = LoadBalancingCaller(transport: sources[0].address.transport) { [signal] in signal.yield(.loss) }
    }

    nonisolated var transport: Transport { balancer.transport }

    var isConnected: Bool { get async { await balancer.isConnected } }

    nonisolated func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        await balancer.call(call, endpoint)
    }

    func close() async {
        isClosed = true
        signal.finish()
        await balancer.close()
    }

    var replicas: [Replica] {
        members.sorted { ($0.key.source, $0.key.host ?? "") < ($1.key.source, $1.key.host ?? "") }
            .map { place, member in
                Replica(address: sources[place.source].address, place: place.host, caller: member.caller)
            }
    }

    /// Begins to follow the names.
    func start() {
        signal.yield(.loss)
        Task { await follow() }
    }

    private func follow() async {
        var backoff = Self.pauses
        for await reason in signals {
            let hasChanged = await resolve()
            if hasChanged || reason == .loss { backoff.reset() }
            let pause = backoff.next()
            balancer.limitWaiting()
            _ = TimerQueue.shared.schedule(at: .now + pause) { [signal] in signal.yield(.time) }
            try? await Task.sleep(for: Self.minInterval)
        }
    }

    /// Resolves all names at the same time.
    ///
    /// - Returns: true if a replica was added or removed.
    private func resolve() async -> Bool {
        var hasChanged = false
        await withTaskGroup { group in
            for (number, source) in sources.enumerated() {
                group.addTask { [resolver] in (number, await Self.hosts(of: source, resolver)) }
            }
            for await (number, hosts) in group {
                if await apply(hosts, of: number) { hasChanged = true }
            }
        }
        return hasChanged
    }

    private static func hosts(
        of source: ReplicaSource, _ resolver: HostResolver
    ) async -> Result<[String?], any Error> {
        guard let name = source.address.hostName else { return .success([nil]) }
        do {
            return .success(try await resolver.addresses(name))
        } catch {
            return .failure(error)
        }
    }

    private func apply(_ hosts: Result<[String?], any Error>, of source: Int) async -> Bool {
        switch hosts {
        case .success(let hosts) where !hosts.isEmpty:
            if unresolved.remove(source) != nil {
                logger.notice("A name can be resolved again", metadata: metadata(source))
            }
            return await set(Set(hosts.map { ReplicaLocation(source: source, host: $0) }), of: source)
        case .success: recordUnresolved(source, "it leads to no address")
        case .failure(let error): recordUnresolved(source, "\(error)")
        }
        return false
    }

    private func recordUnresolved(_ source: Int, _ reason: String) {
        guard unresolved.insert(source).inserted else { return }
        logger.warning(
            "A name cannot be resolved; its last known addresses stay in use",
            metadata: metadata(source).merging(["reason": "\(reason)"]) { $1 })
    }

    private func set(_ places: Set<ReplicaLocation>, of source: Int) async -> Bool {
        let known = Set(members.keys.filter { $0.source == source })
        var isChanged = false
        for place in places.subtracting(known) where await add(place) { isChanged = true }
        for place in known.subtracting(places) {
            guard let member = members.removeValue(forKey: place) else { continue }
            logger.info("Replica removed", metadata: metadata(place.source, place.host))
            await balancer.remove(member)
            isChanged = true
        }
        return isChanged
    }

    /// - Returns: false if there is no replica more.
    private func add(_ place: ReplicaLocation) async -> Bool {
        do {
            let caller = LossLog(
                try await sources[place.source].connect(place.host), logger, metadata(place.source, place.host))
            guard !isClosed else {
                await caller.close()
                return false
            }
            members[place] = balancer.add(caller)
            logger.info("Replica added", metadata: metadata(place.source, place.host))
            return true
        } catch {
            logger.error(
                "A connection to a replica cannot be made",
                metadata: metadata(place.source, place.host).merging(["error": "\(error)"]) { $1 })
            return false
        }
    }

    private func metadata(_ source: Int, _ host: String? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["address": "\(sources[source].address)"]
        metadata["place"] = host.map { "\($0)" }
        return metadata
    }
}
