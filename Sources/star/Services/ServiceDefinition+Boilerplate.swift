import AuthClient
import Boilerplate
import Contracts
import Endpoints
import Hosting

extension ServiceDefinition {
    package static let boilerplate = ServiceDefinition(contract: BoilerplateContract.description, port: 5070) {
        host, _ in
        let auth = try await AuthClient(host)
        return ServiceComponents(
            BoilerplateService(executor: host.executor), verifier: auth.verifier, background: [auth.run])
    }
}
