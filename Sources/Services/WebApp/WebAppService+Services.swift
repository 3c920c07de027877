import Contracts
import Endpoints
import RPC

/// The state of the services when they were last queried. Visitors may come by the thousand: the services are asked
/// once a second.
struct StatusCache {
    private(set) var services: [String: WebAppContract.ServiceState] = [:]
    private var time: ContinuousClock.Instant?
    /// Asks the services; whoever comes meanwhile waits for the same.
    var look: Task<[WebAppContract.ServiceState], Never>?

    var isFresh: Bool { time.map { $0 + .seconds(1) > .now } ?? false }

    mutating func take(_ states: [WebAppContract.ServiceState]) {
        services = Dictionary(states.map { ($0.name, $0) }) { $1 }
        time = .now
        look = nil
    }
}

extension WebAppService {
    func services(_: Empty, _ context: CallContext) async -> WebAppContract.ServiceStates {
        if view.look == nil, !view.isFresh {
            view.look = Task {
                let states = await lookAround()
                view.take(states)
                return states
            }
        }
        let states = await view.look?.value ?? neighbours.compactMap { view.services[$0.name] }
        return WebAppContract.ServiceStates(services: [await own()] + states)
    }

    private func lookAround() async -> [WebAppContract.ServiceState] {
        let known = view.services
        return await neighbours.concurrentMap { await $0.look(known[$0.name]) }
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
