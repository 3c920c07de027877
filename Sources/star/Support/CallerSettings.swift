import ArgumentParser
import Hosting
import ZeroMQ

/// The settings with which commands reach services that run, and the keys over `tcp://`.
struct CallerSettings: ParsableArguments {
    /// A key in Z85 may begin with a dash.
    @Option(
        parsing: .unconditional,
        help: "The service's public key for tcp://, or file:PATH, where CURVE_PUBLIC_KEYS does not have it.")
    var serverKey: String?

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.standardFile

    func validate() throws {
        if let serverKey, (try? CurvePublicKey(reference: serverKey)) == nil {
            throw ValidationError("--server-key takes \(CurvePublicKey.forms).")
        }
    }

    /// - Throws: `SettingsError` where the file cannot be read.
    func read() throws -> Settings { try StarSettings.read(env) }

    /// The security of calls to an address.
    ///
    /// - Parameter name: of what has told the address.
    /// - Throws: `SettingsError` where a key is missing.
    func security(
        to service: String, at address: Address, named name: String, _ settings: Settings
    ) throws -> SocketOptions.Security {
        try CommonSettings(settings).security(
            to: service, at: address, named: name, with: settings.optional(StarSettings.commandKey),
            of: StarSettings.command, serverKey: serverKey.map { try CurvePublicKey(reference: $0) })
    }
}
