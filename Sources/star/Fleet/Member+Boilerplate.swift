import Boilerplate
import Contracts
import Endpoints
import Hosting

extension Member {
    static let boilerplate = Member(contract: BoilerplateContract.description, port: 5070) { host, settings in
        let verifier = try await verifier(host, settings)
        return Built(
            service: BoilerplateService(executor: host.executor), verifier: verifier,
            background: [try await follow(verifier, host)])
    }
}
