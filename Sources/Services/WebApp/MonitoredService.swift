public import Contracts
public import Endpoints
public import RPC

/// A service that webapp tells its visitors about.
public struct MonitoredService: Sendable {
    let name: String
    private let summary: String
    private let replicas: @Sendable () async -> [(any Caller, Link)]

    /// - Parameters:
    ///   - contract: what is known of the service while it does not answer.
    ///   - replicas: returns the way to each that there is, and by which transport that is.
    public init(_ contract: ContractDescriptor, _ replicas: @escaping @Sendable () async -> [(any Caller, Link)]) {
        name = contract.name
        summary = contract.summary
        self.replicas = replicas
    }

    /// Asks all replicas at once how they are, within half a second.
    ///
    /// - Parameter known: the service's state as it was.
    func look(_ known: WebAppContract.ServiceState?) async -> WebAppContract.ServiceState {
        let replicas = await replicas()
        // Others may have come or gone: then nothing is known of any.
        let known = known?.replicas.count == replicas.count ? known : nil
        let states = await Array(replicas.enumerated()).concurrentMap { index, replica in
            await NeighbourReplica(replica.0, replica.1).look(known?.replicas[index])
        }
        return WebAppContract.ServiceState(name: name, summary: summary, replicas: states)
    }
}

/// One of the processes that a neighbour runs in.
private struct NeighbourReplica: Sendable {
    private let health: Client<HealthContract>
    private let meta: Client<MetaContract>
    private let link: Link

    init(_ caller: any Caller, _ link: Link) {
        health = Client(caller)
        meta = Client(caller)
        self.link = link
    }

    /// - Parameter known: its state as it was; one that went on running keeps its version.
    func look(_ known: WebAppContract.ReplicaState?) async -> WebAppContract.ReplicaState {
        var state = WebAppContract.ReplicaState(link: link)
        let start = ContinuousClock.now
        do throws(Problem) {
            state.uptime = try await health.call(HealthContract.check, timeout: Self.patience).uptime
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
        try? await meta.call(MetaContract.contract, timeout: Self.patience).value["version"]?.string
    }

    private static let patience = Duration.milliseconds(250)
}
