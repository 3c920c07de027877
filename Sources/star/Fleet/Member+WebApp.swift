import Contracts
import Endpoints
import Hosting
import RPC
import WebApp

extension Member {
    static let webApp = Member(contract: WebAppContract.description, port: 5060) { host, settings in
        let service = WebAppService(
            executor: host.executor, auth: Client(try await host.caller(to: AuthContract.description)),
            resource: Client(try await host.caller(to: ResourceContract.description)))
        let verifier = try await verifier(host, settings)
        return Built(service: service, verifier: verifier, background: [warmUp(verifier, host)])
    }
}
