import ArgumentParser
import Background
import EventLoop
import Files
import Foundation
import HTTPTransport
import Hosting
import Logging
import RPC
import StarServices
import ZeroMQ
import ZeroMQTransport

/// The settings with which commands reach services that run, and the keys over `tcp://`.
struct CallerSettings: ParsableArguments {
    /// A key in Z85 may begin with a dash.
    @Option(
        parsing: .unconditional,
        help: "The service's public key for tcp://, or file:PATH, if CURVE_PUBLIC_KEYS does not have it.")
    var serverKey: String?

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.defaultFile

    func validate() throws {
        if let serverKey, (try? CurvePublicKey(reference: serverKey)) == nil {
            throw ValidationError("--server-key takes \(CurvePublicKey.forms).")
        }
    }

    /// - Throws: `SettingsError` if the file cannot be read.
    func read() throws -> Settings { try StarSettings.read(env) }

    /// The security of calls to an address.
    ///
    /// - Parameter name: of the setting or option that holds the address.
    /// - Throws: `SettingsError` if a key is missing.
    func security(
        to service: String, at address: Address, named name: String, _ settings: Settings
    ) throws -> SocketOptions.Security {
        try CommonSettings(settings).security(
            to: service, at: address, named: name, with: settings.optional(StarSettings.commandKey),
            of: StarSettings.command, serverKey: serverKey.map { try CurvePublicKey(reference: $0) })
    }
}

/// The bearer token that a command shows. In an argument everybody on the machine can read it.
struct BearerToken: ParsableArguments {
    @Option(help: "The bearer token to show; by default STAR_TOKEN of the environment.")
    var token: String?

    /// `nil` if there is none, or an empty one in the environment.
    var text: String? {
        token ?? ProcessInfo.processInfo.environment["STAR_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The input of a call, from an argument or from a place that other users cannot read.
enum CallInput {
    /// - Parameter option: JSON; `-` for all that comes on standard input.
    static func data(_ option: String?) async throws -> Data {
        guard option == "-" else { return Data((option ?? "").utf8) }
        let data = try await standardInput()
        // What is no text is refused as JSON.
        return String(outside: data).map { Data($0.utf8) } ?? data
    }

    /// - Parameter path: of a file; `-` for all that comes on standard input.
    static func bytes(ofFile path: String) async throws -> Data {
        path == "-" ? try await standardInput() : try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private static func standardInput() async throws -> Data {
        try await Blocking.run { Result { try FileHandle.standardInput.readToEnd() ?? Data() } }.get()
    }
}

/// The running services that a command calls, and how.
struct ServiceTarget: ParsableArguments {
    enum WireOption: String, ExpressibleByArgument, CaseIterable {
        case zmq
        case http
    }

    @Option(help: "The wire, where the settings know the address: zmq or http.")
    var via: WireOption?

    @Option(help: "Where the service is, in place of what the settings say: ipc://…, tcp://… or http://….")
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
