import ArgumentParser
import Endpoints
import RPC

/// Contracts of services that are known by their address only.
enum RemoteContract {
    static func fetch(_ caller: any Caller) async throws -> ContractDescription {
        let endpoint = MetaContract.contract.description
        let reply = await caller.call(
            Call(MetaContract.description.qualifiedName(of: endpoint), timeout: .seconds(5)), endpoint)
        switch reply {
        case .success(_, let body): return try ContractDescription(json: JSONValue(json: body))
        case .failure(let problem):
            Exit.say("The service does not answer: \(problem.detail)")
            throw ExitCode.failure
        }
    }
}

/// The endpoints that every service has beside its contract's.
enum KitContracts {
    static func endpoint(_ qualified: String) -> EndpointDescription? {
        [HealthContract.description, MetaContract.description].lazy.compactMap { contract in
            contract.endpoints.first { contract.qualifiedName(of: $0) == qualified }
        }.first
    }
}

extension ContractDescription {
    var qualifiedNames: [String] { endpoints.map(qualifiedName) }
}
