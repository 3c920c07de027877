import ArgumentParser
import Documents
import Endpoints
import Foundation
import Hosting
import RPC

/// `star documents`.
struct WriteDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "documents", abstract: "Writes what the contracts say as documents: OpenAPI and Postman.",
        subcommands: [Postman.self, Schemas.self])

    struct Postman: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a Postman collection of each service, and an environment for them all.",
            discussion:
                """
                Import all files into Postman, choose the environment, set user and password in it, and run a collection from \
                its first request to its last. Without a password it runs what guests may call, and skips the rest.
                """)

        @Option(help: "Where they are written.")
        var directory = "postman"

        func run() async throws {
            try await Exit.onError {
                let directory = URL(fileURLWithPath: directory, isDirectory: true)
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
                for (name, content) in PostmanFiles.all {
                    try content.write(to: directory.appendingPathComponent(name), options: .atomic)
                    print(name)
                }
            }
        }
    }

    struct Schemas: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "openapi", abstract: "Prints the OpenAPI document of a service, as it has it at /schema.")

        @Argument(help: "One of: \(Member.names).", completion: .list(Member.all.map(\.name)))
        var service: String

        @Flag(help: "In YAML instead of JSON.")
        var yaml = false

        func run() throws {
            guard let member = Member.all.first(where: { $0.name == service }) else {
                throw ValidationError("There is no service “\(service)”.")
            }
            let contracts = [member.contract, HealthContract.description, MetaContract.description]
            let openAPI = OpenAPI(contracts, servers: ["http://localhost:\(member.port)"])
            FileHandle.standardOutput.write(yaml ? openAPI.yaml : openAPI.json)
        }
    }
}
