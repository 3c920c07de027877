import AuthClient
import Contracts
import Endpoints
import Hosting
import Resource

extension ServiceDefinition {
    package static let resource = ServiceDefinition(contract: ResourceContract.description, port: 5050) { host, _ in
        let auth = try await AuthClient(host)
        return ServiceComponents(
            ResourceService(executor: host.executor), verifier: auth.verifier, background: [auth.run])
    }
}
