import ArgumentParser
import EventLoop
import Foundation
import HTTPTransport
import Hosting
import Logging
import RPC
import StarServices
import ZeroMQ
import ZeroMQTransport

/// The running services that a command calls, and how.
struct ServiceTarget: ParsableArguments {
    enum WireOption: String, ExpressibleByArgument, CaseIterable {
        case zmq
        case http
    }

    @Option(help: "The wire, where the settings know the address: zmq or http.")
    var via: WireOption?

    @Option(help: "The service's address, in place of that of the settings: ipc://…, tcp://… or http://….")
    var address: String?

    @OptionGroup var own: CallerSettings

    func validate() throws {
        guard let address else { return }
        do throws(AddressError) {
            _ = try PeerAddress(address)
        } catch {
            throw ValidationError(
                "--address takes ipc://…, tcp://… or http://…, not “\(address)”: \(error.reason).")
        }
    }

    /// The services that are meant by names: all of the family, some of it, or a stranger at an address.
    ///
    /// - Throws: `ValidationError` if a name is not known, and no address says where it is.
    func services(_ names: [String]) throws -> [String] {
        let known = ServiceDefinition.all.map(\.name)
        if names == ["all"], address == nil { return known }
        guard address == nil || names.count == 1 else { throw ValidationError("At an --address there is one service.") }
        for name in names where address == nil && !known.contains(name) {
            throw ValidationError(
                "There is no service “\(name)”. There are: \(ServiceDefinition.names), or all; any other needs its --address."
            )
        }
        return names
    }

    /// Connects to all replicas, and disconnects afterwards.
    ///
    /// - Parameter defaultWire: the wire, unless the user names one.
    /// - Throws: `SettingsError` if the address is wrong or not known, or a key is missing; what `body` throws.
    func connect<Result>(
        to service: String, by defaultWire: WireOption = .zmq, _ body: (any Caller) async throws -> Result
    ) async throws -> Result {
        let settings = try own.read()
        let context = try Context()
        let thread = try SocketThread(name: "star")
        let result = await outcome {
            let sources = try peers(service, via ?? defaultWire, settings).map {
                try source(of: service, at: $0, settings, on: thread, context)
            }
            var logger = Logger(label: "star")
            logger.logLevel = .warning
            let caller = try await ServiceReplicas(sources, logger: logger).caller
            let result = await outcome { try await body(caller) }
            await caller.close()
            return try result.get()
        }
        await thread.shutdown()
        context.terminate()
        return try result.get()
    }

    private func source(
        of service: String, at address: PeerAddress, _ settings: Settings, on thread: SocketThread, _ context: Context
    ) throws -> ReplicaSource {
        switch address {
        case .http(let url): return ReplicaSource(address) { HTTPCaller(url, at: $0) }
        case .zeroMQ(let target):
            let name = self.address == nil ? ServiceSettings.addressName(of: service) : "--address"
            let security = try own.security(to: service, at: target, named: name, settings)
            return ReplicaSource(address) { place in
                let caller = ZeroMQCaller(
                    place.map(target.at) ?? target, on: thread, context: context, security: security)
                try await caller.start()
                return caller
            }
        }
    }

    private func outcome<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private func peers(_ service: String, _ wire: WireOption, _ settings: Settings) throws -> [PeerAddress] {
        if let address { return [try PeerAddress(address)] }
        guard let member = ServiceDefinition.all.first(where: { $0.name == service }) else {
            throw SettingsError(description: "“\(service)” is not one of this family: give its --address.")
        }
        switch wire {
        case .zmq: return try ServiceSettings.addresses(of: service, settings)
        case .http: return [.http(try ServiceSettings(service, port: member.port, settings).url)]
        }
    }
}
