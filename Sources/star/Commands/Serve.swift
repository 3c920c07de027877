import ArgumentParser
import Hosting

/// `star serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one service, several, or all of them, until Ctrl-C or SIGTERM.",
        discussion: """
            Each service listens for HTTP on its port (auth 5040, resource 5050, webapp 5060, boilerplate 5070) and for
            ZeroMQ on its socket (.star/run/NAME.sock). Each can run in a process of its own, on this machine or another.
            """)

    @OptionGroup var names: ServiceNames

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = ".env"

    func run() async throws {
        try await Exit.onError {
            try await Fleet(names.members, settings: Settings(environmentFile: env)).run()
        }
    }
}
