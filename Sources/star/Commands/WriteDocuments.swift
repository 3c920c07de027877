import ArgumentParser
import Documents
import Endpoints
import Foundation
import Hosting
import JSON
import RPC
import StarServices

/// `star documents`.
struct WriteDocuments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "documents", abstract: "Writes the contracts as documents: OpenAPI, AsyncAPI and Postman.",
        subcommands: [Postman.self, Schemas.self, Channels.self])

    struct Postman: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a Postman collection of each service, and an environment for them all.",
            discussion:
                """
                Import all files into Postman, choose the environment, set user and password in it, and run a collection from \
                its first request to its last. Without a password it runs what guests may call, and skips the rest.
                """)

        @Option(help: "The directory to write them to.")
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
            commandName: "openapi", abstract: "Prints the OpenAPI document of a service, as at /schema.")

        @OptionGroup var output: Output

        func run() throws {
            let member = try output.member
            output.write(OpenAPI(member.served, servers: ["http://localhost:\(member.port)"]).document)
        }
    }

    struct Channels: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "asyncapi", abstract: "Prints the AsyncAPI document of a service, as at /schema/zeromq.")

        @OptionGroup var output: Output

        func run() throws {
            output.write(AsyncAPI(try output.member.served).document)
        }
    }

    /// The service whose document is printed, and the form.
    struct Output: ParsableArguments {
        @Argument(help: "One of: \(ServiceDefinition.names).", completion: .list(ServiceDefinition.all.map(\.name)))
        var service: String

        @Flag(help: "In YAML instead of JSON.")
        var yaml = false

        var member: ServiceDefinition {
            get throws {
                guard let member = ServiceDefinition.all.first(where: { $0.name == service }) else {
                    throw ValidationError(
                        "There is no service “\(service)” here. There are: \(ServiceDefinition.names); any other shows its documents at "
                            + "/schema and /schema/zeromq.")
                }
                return member
            }
        }

        func write(_ document: JSONValue) {
            print(String(decoding: yaml ? document.yaml : document.indentedJSON, as: UTF8.self), terminator: "")
        }
    }
}

extension ServiceDefinition {
    /// The service's own contract and the kit's.
    fileprivate var served: [ContractDescriptor] {
        [contract, HealthContract.description, MetaContract.description]
    }
}
