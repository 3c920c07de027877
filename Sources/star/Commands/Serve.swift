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

    @Argument(
        help: "auth, resource, webapp, boilerplate, or all.",
        completion: .list(["all"] + Member.all.map(\.name)))
    var services: [String]

    @Option(help: "The file that settings are read from, beside the environment.")
    var env = ".env"

    func validate() throws {
        _ = try members
    }

    func run() async throws {
        try await Exit.onError {
            try await Fleet(members, settings: Settings(environmentFile: env)).run()
        }
    }

    private var members: [Member] {
        get throws {
            if services == ["all"] { return Member.all }
            return try services.map { name in
                guard let member = Member.all.first(where: { $0.name == name }) else {
                    let known = Member.all.map(\.name).joined(separator: ", ")
                    throw ValidationError("There is no service “\(name)”. There are: \(known), or all.")
                }
                return member
            }
        }
    }
}
