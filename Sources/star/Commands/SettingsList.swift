import ArgumentParser

/// `star settings`.
struct SettingsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Prints every setting with its meaning, as env.example has them.")

    func run() {
        print(EnvironmentExample.text(), terminator: "")
    }
}
