package import Endpoints
package import Hosting

/// A service of this family: what it promises, where it listens, and how it is built.
package struct ServiceDefinition: Sendable {
    package let contract: ContractDescriptor
    /// For HTTP, unless the settings name another.
    package let port: Int
    package let build: @Sendable (ServiceHost, StarSettings) async throws -> ServiceComponents

    package var name: String { contract.name }

    /// In the order of their dependence.
    package static let all = [auth, resource, webApp, boilerplate]

    /// The names of all, for people.
    package static var names: String { all.map(\.name).joined(separator: ", ") }

    package func module(_ settings: StarSettings) -> ServiceModule {
        ServiceModule(contract, port: port, settings: StarSettings.all) { host in try await build(host, settings) }
    }
}
