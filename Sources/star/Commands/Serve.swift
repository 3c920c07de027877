import ArgumentParser
import Auth
import Foundation
import Hosting
import StarServices

/// `star serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one service, several, or all of them, until Ctrl-C, SIGTERM or SIGHUP.",
        discussion: """
            Each service listens for HTTP on its port (\(ports)) and for ZeroMQ on its socket (\(StarSettings.socketFolder)/NAME.sock). \
            Each can run in a process of its own, on this machine or another.
            """)

    private static var ports: String { ServiceDefinition.all.map { "\($0.name) \($0.port)" }.joined(separator: ", ") }

    @OptionGroup var names: ServiceNames

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = Settings.defaultFile

    func run() async throws {
        try await Exit.onError {
            try await Application.run(
                environmentFile: env, socketFolder: StarSettings.socketFolder, name: "star",
                metricsHelp: AuthService.metricsHelp
            ) { settings in
                let family = try StarSettings(settings, CommonSettings(settings))
                return try names.members.map { $0.module(family) }
            }
        }
    }
}

/// Names of services, as commands take them.
struct ServiceNames: ParsableArguments {
    @Argument(
        help: "\(ServiceDefinition.names), or all.",
        completion: .list(["all"] + ServiceDefinition.all.map(\.name)))
    var services: [String]

    func validate() throws {
        _ = try members
    }

    /// - Throws: `ValidationError` if there is no such service, or one is named twice.
    var members: [ServiceDefinition] {
        get throws {
            if services == ["all"] { return ServiceDefinition.all }
            let members = try services.filter { $0 != "all" }.map { name in
                guard let member = ServiceDefinition.all.first(where: { $0.name == name }) else {
                    throw ValidationError(
                        "There is no service “\(name)”. There are: \(ServiceDefinition.names), or all.")
                }
                return member
            }
            guard members.count == services.count else {
                throw ValidationError("“all” stands alone: it names every service.")
            }
            guard Set(services).count == services.count else { throw ValidationError("A service is named twice.") }
            return members
        }
    }
}
