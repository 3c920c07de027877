import ArgumentParser
import Background
import Files
import Foundation
import Hosting
import StarServices
import ZeroMQ

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
        // Bytes that are no text are refused as JSON.
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
