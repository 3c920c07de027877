package import Endpoints
import RPC

/// The endpoints that every service of this kit has beside its contract's.
package enum BuiltInContracts {
    package static let names = all.flatMap(\.qualifiedNames)

    package static func endpoint(_ qualified: String) -> EndpointDescriptor? {
        all.lazy.compactMap { contract in
            contract.endpoints.first { contract.qualifiedName(of: $0) == qualified }
        }.first
    }

    private static let all = [HealthContract.description, MetaContract.description]
}

extension ContractDescriptor {
    /// The qualified names of its endpoints.
    package var qualifiedNames: [String] { endpoints.map(qualifiedName) }
}
