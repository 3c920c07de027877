import ArgumentParser
import Auth
import Foundation
import Hosting

/// `star serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one service, several, or all of them, until Ctrl-C, SIGTERM or SIGHUP.",
        discussion: """
            Each service listens for HTTP on its port (\(ports)) and for ZeroMQ on its socket (.star/run/NAME.sock). \
            Each can run in a process of its own, on this machine or another.
            """)

    private static var ports: String { Member.all.map { "\($0.name) \($0.port)" }.joined(separator: ", ") }

    @OptionGroup var names: ServiceNames

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.standardFile

    func run() async throws {
        // A reader of the log that is gone ends no service.
        signal(SIGPIPE, SIG_IGN)
        try await Exit.onError {
            try OpenFiles.raiseLimit(forServices: names.members.count)
            let signals = await StopSignals()
            // A signal may end the start, too.
            do {
                try await serve(signals)
            } catch is CancellationError {}
        }
    }

    private func serve(_ signals: StopSignals) async throws {
        let manager = ServiceManager(address: ProcessInfo.processInfo.environment["NOTIFY_SOCKET"])
        let settings = try Settings(environmentFile: env)
        let family = try FleetSettings(settings, FamilySettings(settings))
        let application = try await Application(
            names.members.map { $0.module(family) }, settings: settings, signals: signals, name: "star",
            metricsHelp: AuthService.metricsHelp)
        try await application.run(manager)
    }
}
