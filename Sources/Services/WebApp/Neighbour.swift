public import Contracts
public import Endpoints
public import RPC

/// A service that webapp tells its visitors about.
public struct Neighbour: Sendable {
    let name: String
    private let summary: String
    private let health: Client<HealthContract>
    private let meta: Client<MetaContract>
    private let link: Link

    /// - Parameter contract: what is known of the service while it does not answer.
    public init(_ contract: ContractDescription, _ caller: any Caller, link: Link = .inProcess) {
        name = contract.name
        summary = contract.summary
        health = Client(caller)
        meta = Client(caller)
        self.link = link
    }

    /// Asks how it is, within half a second.
    ///
    /// - Parameter known: its state as it was; a service that went on answering keeps its version.
    func look(_ known: WebAppContract.ServiceState?) async -> WebAppContract.ServiceState {
        var state = WebAppContract.ServiceState(name: name, summary: summary, state: .ready, link: link)
        let start = ContinuousClock.now
        do throws(Problem) {
            _ = try await health.call(HealthContract.check, timeout: Self.patience)
        } catch {
            state.state = error.kind == .notReady ? .notReady : .down
            // Details of a lost connection name addresses, which are not for visitors.
            state.detail = error.kind == .notReady ? error.detail : error.kind.title + "."
        }
        guard state.state != .down else { return state }
        state.microseconds = start.duration(to: .now).microseconds
        state.version = known?.version
        if state.version == nil { state.version = await version() }
        return state
    }

    private func version() async -> String? {
        try? await meta.call(MetaContract.contract, timeout: Self.patience).value["version"]?.string
    }

    private static let patience = Duration.milliseconds(250)
}
