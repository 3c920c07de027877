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
        case .http(let url):
            let caller = HTTPCaller(url)
            let result = await outcome { try await body(caller) }
            await caller.close()
            return try result.get()
        case .zeroMQ(let address):
            let name = self.address == nil ? ServiceSettings.addressName(of: service) : "--address"
            let security = try own.security(to: service, at: address, named: name, settings)
            let context = try Context()
            let thread = try SocketThread(name: "star")
            let caller = ZeroMQCaller(address, on: thread, context: context, security: security)
            try await caller.start()
            let result = await outcome { try await body(caller) }
            await caller.close()
            await thread.shutdown()
            context.terminate()
            return try result.get()
        }
    }

    private func outcome<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
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
