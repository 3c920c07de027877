import Background
public import Contracts
public import Endpoints
public import RPC

/// A service whose state webapp shows to its visitors.
public struct MonitoredService: Sendable {
    let name: String
    private let summary: String
    private let replicas: @Sendable () async -> [(any Caller, Link)]

    /// - Parameters:
    ///   - contract: what is known of the service while it does not reply.
    ///   - replicas: returns the way to each that there is, and by which transport that is.
    public init(_ contract: ContractDescriptor, _ replicas: @escaping @Sendable () async -> [(any Caller, Link)]) {
        name = contract.name
        summary = contract.summary
        self.replicas = replicas
    }

    /// Checks the health of all replicas at once, within half a second.
    ///
    /// - Parameter known: the service's state as it was.
    func query(_ known: WebAppContract.ServiceState?) async -> WebAppContract.ServiceState {
        let replicas = await replicas()
        // Others may have come or gone: then nothing is known of any.
        let known = known?.replicas.count == replicas.count ? known : nil
        let states = await Array(replicas.enumerated()).concurrentMap { index, replica in
            await MonitoredReplica(replica.0, replica.1).query(known?.replicas[index])
        }
        return WebAppContract.ServiceState(name: name, summary: summary, replicas: states)
    }
}

/// One of the processes of a monitored service.
private struct MonitoredReplica: Sendable {
    private let health: Client<HealthContract>
    private let meta: Client<MetaContract>
    private let link: Link

    init(_ caller: any Caller, _ link: Link) {
        health = Client(caller)
        meta = Client(caller)
        self.link = link
    }

    /// - Parameter known: its state as it was; one that went on running keeps its version.
    func query(_ known: WebAppContract.ReplicaState?) async -> WebAppContract.ReplicaState {
        var state = WebAppContract.ReplicaState(link: link)
        let start = ContinuousClock.now
        do throws(Problem) {
            state.uptime = try await health.call(HealthContract.check, timeout: Self.timeout).uptime
        } catch {
            state.state = error.kind == .notReady ? .notReady : .down
            state.detail = error.kind == .notReady ? error.detail : error.kind.title + "."
        }
        guard state.state != .down else { return state }
        state.microseconds = start.duration(to: .now).microseconds
        let wentOn = (known?.uptime ?? 0) <= state.uptime ?? 0
        state.version = wentOn ? known?.version : nil
        if state.version == nil { state.version = await version() }
        return state
    }

    private func version() async -> String? {
        try? await meta.call(MetaContract.contract, timeout: Self.timeout).value["version"]?.string
    }

    private static let timeout = Duration.milliseconds(250)
}

/// The state of the services when they were last queried. Visitors may come by the thousand: the services are queried
/// once a second.
struct StatusCache {
    private(set) var services: [String: WebAppContract.ServiceState] = [:]
    private var time: ContinuousClock.Instant?
    /// Queries the services; whoever comes meanwhile waits for the same.
    var refresh: SingleFlight<[WebAppContract.ServiceState]>?

    var isFresh: Bool { time.map { $0 + .seconds(1) > .now } ?? false }

    mutating func update(_ states: [WebAppContract.ServiceState]) {
        services = Dictionary(states.map { ($0.name, $0) }) { $1 }
        time = .now
        refresh = nil
    }
}

extension WebAppService {
    func services(_: Empty, _ context: CallContext) async -> WebAppContract.ServiceStates {
        if statusCache.refresh == nil, !statusCache.isFresh {
            statusCache.refresh = SingleFlight { await self.refreshStatus() }
        }
        let states = await statusCache.refresh?.value() ?? monitored.compactMap { statusCache.services[$0.name] }
        return WebAppContract.ServiceStates(services: [await own()] + states)
    }

    private func refreshStatus() async -> [WebAppContract.ServiceState] {
        let known = statusCache.services
        let states = await monitored.concurrentMap { await $0.query(known[$0.name]) }
        statusCache.update(states)
        return states
    }

    private func own() async -> WebAppContract.ServiceState {
        let waits = await pendingDependencies()
        var state = WebAppContract.ReplicaState(state: waits.isEmpty ? .ready : .notReady)
        state.version = WebAppContract.version
        state.uptime = Int(start.duration(to: .now).components.seconds)
        if !waits.isEmpty { state.detail = "Waits for: \(waits.joined(separator: ", "))." }
        return WebAppContract.ServiceState(
            name: WebAppContract.name, summary: WebAppContract.summary, replicas: [state])
    }
}

extension Array where Element: Sendable {
    /// Does something with all elements at once.
    ///
    /// - Returns: what came of each, in the order of the elements.
    func concurrentMap<Value: Sendable>(_ transform: @escaping @Sendable (Element) async -> Value) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            for (index, element) in enumerated() {
                group.addTask { (index, await transform(element)) }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
