import ArgumentParser
import Hosting
import HTTPTransport
import RPC
import ZeroMQ
import ZeroMQTransport

/// Which running service a command talks to, and how.
struct Target: ParsableArguments {
    enum Wire: String, ExpressibleByArgument, CaseIterable {
        case zmq
        case http
    }

    @Option(help: "The wire: zmq or http.")
    var via = Wire.zmq

    @Option(help: "Where the service is, in place of what the settings say: ipc://…, tcp://… or http://….")
    var address: String?

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = ".env"

    /// Connects, and lets go afterwards.
    ///
    /// - Throws: `SettingsError` where the address is wrong or not known; what `body` throws.
    func connect(to service: String, _ body: (any Caller) async throws -> Void) async throws {
        switch try await peer(service) {
        case .http(let url):
            let caller = HTTPCaller(url)
            let result = await outcome { try await body(caller) }
            await caller.close()
            try result.get()
        case .zeroMQ(let address):
            let context = try Context()
            let thread = try SocketThread(name: "star")
            let caller = ZeroMQCaller(address, on: thread, context: context)
            try await caller.start()
            let result = await outcome { try await body(caller) }
            await caller.close()
            await thread.shutdown()
            context.terminate()
            try result.get()
        }
    }

    private func outcome(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func peer(_ service: String) async throws -> PeerAddress {
        let settings = try await Settings(environmentFile: env)
        if let address { return try PeerAddress(address) }
        guard let member = Member.all.first(where: { $0.name == service }) else {
            throw SettingsError(description: "“\(service)” is not one of this family: give its --address.")
        }
        switch via {
        case .zmq: return try ServiceSettings.address(of: service, settings)
        case .http: return .http(try ServiceSettings(service, port: member.port, settings).url)
        }
    }
}
