import ArgumentParser
import Endpoints
import Foundation
import JSON
import StarBench
import StarServices

/// `star contracts`.
struct ListContracts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contracts", abstract: "Lists what running services offer.",
        discussion: "It asks the services themselves, so it works with any service that speaks S1.")

    @Argument(
        help: "\(ServiceDefinition.names), any other name with --address, or all.",
        completion: .list(["all"] + ServiceDefinition.all.map(\.name)))
    var services = ["all"]

    @OptionGroup var target: ServiceTarget

    @Flag(help: "Print the contracts as JSON.")
    var json = false

    func validate() throws { _ = try target.services(services) }

    func run() async throws {
        try await Exit.onError {
            for service in try target.services(services) {
                guard let contract = try await target.connect(to: service, RemoteContract.fetch) else {
                    Exit.printError("\(service) does not return its contract.")
                    throw ExitCode.failure
                }
                show(contract)
            }
        }
    }

    private func show(_ contract: ContractDescriptor) {
        if json {
            print(String(decoding: contract.json.json(pretty: true), as: UTF8.self))
            return
        }
        print("\(contract.name) \(contract.version): \(contract.summary)")
        print(
            TextTable.text(
                contract.endpoints.map { endpoint in
                    [
                        "  " + contract.qualifiedName(of: endpoint), "\(endpoint.access.word)",
                        "\(endpoint.http.method.rawValue) \(endpoint.http.path)", endpoint.summary,
                    ]
                }))
    }
}

extension Access {
    fileprivate var word: String {
        switch self {
        case .open: "open"
        case .token: "token"
        case .permission(let permission, introspect: false): "permission \(permission)"
        case .permission(let permission, introspect: true): "permission \(permission), asked of auth"
        }
    }
}
