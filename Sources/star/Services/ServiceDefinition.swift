import Endpoints
import Hosting

/// A service of this family: what it promises, where it listens, and how it is built.
struct ServiceDefinition: Sendable {
    let contract: ContractDescriptor
    /// For HTTP, unless the settings name another.
    let port: Int
    let build: @Sendable (ServiceHost, StarSettings) async throws -> ServiceComponents

    var name: String { contract.name }

    /// In the order of their dependence.
    static let all = [auth, resource, webApp, boilerplate]

    /// The names of all, for people.
    static var names: String { all.map(\.name).joined(separator: ", ") }

    func module(_ settings: StarSettings) -> ServiceModule {
        ServiceModule(contract, port: port, settings: StarSettings.all) { host in try await build(host, settings) }
    }
}
