import AuthClient
import Contracts
import Endpoints
import HTTPTransport
import Hosting
import RPC
import WebApp

extension ServiceDefinition {
    package static let webApp = ServiceDefinition(contract: WebAppContract.description, port: 5080) { host, settings in
        try await buildWebApp(host, settings)
    }

    private static func buildWebApp(_ host: ServiceHost, _ settings: StarSettings) async throws -> ServiceComponents {
        let auth = try await PeerRoute(to: AuthContract.description, host)
        let resource = try await PeerRoute(to: ResourceContract.description, host)
        let overHTTP = try await host.caller(to: ResourceContract.description, at: settings.resourceOverHTTP())
        var monitored: [MonitoredService] = []
        for member in all where member.name != WebAppContract.name {
            let known = [auth, resource].first { $0.contract.name == member.name }
            let route = if let known { known } else { try await PeerRoute(to: member.contract, host) }
            monitored.append(
                MonitoredService(route.contract) {
                    await route.replicas.current.map { ($0.caller, PeerRoute.link($0.address)) }
                })
        }
        let service = WebAppService(
            executor: host.executor, auth: ServiceRoute(auth.caller, link: auth.link),
            resource: ServiceRoute(resource.caller, link: resource.link),
            resourceOverHTTP: ServiceRoute(overHTTP, link: .http),
            monitored: monitored, clientSecret: try settings.webAppClientSecret())
        let pages = WebPage.files.map { file in
            Page(file.path, contentType: file.contentType, headers: WebPage.headers, content: file.content)
        }
        let events = Page(WebAppContract.comparisonEvents.description, contentType: "text/event-stream") {
            service.comparisonEvents()
        }
        let trust = try await AuthClient(host)
        return ServiceComponents(
            service, verifier: trust.verifier, background: [trust.run],
            interceptors: [service.history], observers: [service.history], pages: pages + [events])
    }
}

/// A service, and how this one reaches it.
private struct PeerRoute {
    let contract: ContractDescriptor
    let replicas: ServiceReplicas
    /// That of the first address.
    let link: Link

    var caller: any Caller { replicas.caller }

    init(to contract: ContractDescriptor, _ host: ServiceHost) async throws {
        self.contract = contract
        replicas = try await host.replicas(of: contract)
        link = Self.link(try ServiceSettings.addresses(of: contract.name, host.settings)[0])
    }

    static func link(_ address: PeerAddress) -> Link { Link(rawValue: address.scheme) ?? .ipc }
}
