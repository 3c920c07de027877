import ArgumentParser
import HTTPTransport
import Hosting
import RPC
import ZeroMQ
import ZeroMQTransport

/// Which running services a command talks to, and how.
struct Target: ParsableArguments {
    enum Wire: String, ExpressibleByArgument, CaseIterable {
        case zmq
        case http
    }

    @Option(help: "The wire, where the settings know the address: zmq or http; of several replicas, the first.")
    var via: Wire?

    @Option(help: "Where the service is, in place of what the settings say: ipc://…, tcp://… or http://….")
    var address: String?

    @OptionGroup var own: CallerSettings

    /// The services that are meant by names: all of the family, some of it, or a stranger at an address.
    ///
    /// - Throws: `ValidationError` where a name is not known, and no address says where it is.
    func services(_ names: [String]) throws -> [String] {
        let known = Member.all.map(\.name)
        if names == ["all"], address == nil { return known }
        guard address == nil || names.count == 1 else { throw ValidationError("At an --address there is one service.") }
        for name in names where address == nil && !known.contains(name) {
            throw ValidationError(
                "There is no service “\(name)”. There are: \(Member.names), or all; any other needs its --address.")
        }
        return names
    }

    /// Connects, and disconnects afterwards.
    ///
    /// - Parameter standard: the default wire.
    /// - Throws: `SettingsError` where the address is wrong or not known, or a key is missing; what `body` throws.
    func connect<Result>(
        to service: String, by standard: Wire = .zmq, _ body: (any Caller) async throws -> Result
    ) async throws -> Result {
        let settings = try own.read()
        switch try peer(service, via ?? standard, settings) {
        case .http(let url): return try await HTTPCaller.connected(to: url, body)
        case .zeroMQ(let address):
            let name = self.address == nil ? ServiceSettings.addressName(of: service) : "--address"
            let security = try own.security(to: service, at: address, named: name, settings)
            return try await ZeroMQCaller.connected(to: address, security: security, body)
        }
    }

    private func peer(_ service: String, _ wire: Wire, _ settings: Settings) throws -> PeerAddress {
        if let address { return try PeerAddress(address) }
        guard let member = Member.all.first(where: { $0.name == service }) else {
            throw SettingsError(description: "“\(service)” is not one of this family: give its --address.")
        }
        switch wire {
        case .zmq: return try ServiceSettings.addresses(of: service, settings)[0]
        case .http: return .http(try ServiceSettings(service, port: member.port, settings).url)
        }
    }
}
