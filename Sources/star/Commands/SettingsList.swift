import ArgumentParser
import Hosting
import StarServices

/// `star settings`.
struct SettingsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Prints every setting with its meaning, as env.example has them.",
        discussion: """
            With names, it prints the value that each has here, on a line of its own. Secrets are not shown, and a \
            value that would stop a start is refused with its reason.
            """)

    @Argument(help: "Settings, such as AUTH_HTTP_PORT.", completion: .list(StarSettings.all.map(\.name)))
    var names: [String] = []

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.defaultFile

    func validate() throws { _ = try settings }

    func run() async throws {
        guard !names.isEmpty else { return print(EnvironmentExample.text(), terminator: "") }
        try await Exit.onError {
            let values = try StarSettings.read(env)
            let texts = try settings.map { try values.checkedText($0) ?? "" }
            for text in texts { print(text) }
        }
    }

    private var settings: [SettingDescription] {
        get throws {
            try names.map { name in
                guard let setting = StarSettings.all.first(where: { $0.name == name }) else {
                    throw ValidationError("There is no setting “\(name)”. star settings lists them all.")
                }
                guard !setting.isSecret else { throw ValidationError("\(name) is a secret, and is not shown.") }
                return setting
            }
        }
    }
}
