import Contracts
import Endpoints
import Hosting
import Resource

extension Member {
    static let resource = Member(contract: ResourceContract.description, port: 5050) { host, settings in
        let verifier = try await verifier(host, settings)
        return Built(
            service: ResourceService(executor: host.executor), verifier: verifier,
            background: [try await follow(verifier, host)])
    }
}
