import ArgumentParser
import Endpoints
import JSON
import RPC
import StarServices

/// Contracts of services that are known by their address only.
enum RemoteContract {
    /// - Returns: `nil` if the service does not return it in words that are understood here. S1 does not ask that of
    /// it.
    static func fetch(_ caller: any Caller) async throws -> ContractDescriptor? {
        let endpoint = MetaContract.contract.description
        let reply = await caller.call(
            Call(MetaContract.description.qualifiedName(of: endpoint), timeout: .seconds(5)), endpoint)
        switch reply {
        case .success(_, let body, _): return try? ContractDescriptor(json: JSONValue(json: body))
        case .failure(let problem) where [404, 501].contains(problem.status): return nil
        case .failure(let problem):
            Exit.printError("The service does not answer: \(problem.detail)")
            throw ExitCode.failure
        }
    }
}

extension RemoteContract {
    /// The description of an endpoint. S1 carries a call by its name alone, HTTP must know its path.
    ///
    /// - Throws: `ExitCode`, after a sentence has been written on what is wrong.
    static func endpoint(_ qualified: String, _ caller: any Caller) async throws -> EndpointDescriptor {
        if let own = BuiltInContracts.endpoint(qualified) { return own }
        guard let contract = try await fetch(caller) else {
            guard caller.transport == .zeroMQ else {
                Exit.printError("The service does not return its contract, and without it there is no path to call.")
                throw ExitCode.failure
            }
            return Endpoint<JSONDocument, JSONDocument>(
                qualified, .post, "/", access: .open, summary: "Is known by its name."
            ).description
        }
        guard let known = contract.endpoints.first(where: { contract.qualifiedName(of: $0) == qualified }) else {
            let names = contract.qualifiedNames.joined(separator: ", ")
            Exit.printError("There is no endpoint “\(qualified)”. There are: \(names).")
            throw ExitCode.failure
        }
        return known
    }
}
