import Hosting
import StarServices

/// The parts of a service of this family: files of its own, and its places in files that are about all services.
///
/// The template is the boilerplate, as it is compiled and tested in the repository at hand. What stands here is only
/// where it is mentioned; if it is not, no service is made, and the sentence names the line.
enum Template {
    /// Files whose names have the boilerplate's in it are copied from below these.
    static let roots = ["Sources", "Tests", "postman"]

    /// The article that lists the endpoints of all services.
    private static let endpoints = "Sources/Kit/Hosting/Documentation.docc/Endpoints.md"

    /// The texts in which the boilerplate describes itself, and a new service must not.
    static func wordings(_ name: ServiceName) -> [(old: String, new: String)] {
        [
            ("The service to start from: copy it, and change what it says.", "What \(name.lowercase) promises."),
            ("The service to start a new one from.", "Greets people."),
        ]
    }

    /// A point in a file at which something is inserted.
    struct InsertionPoint: Sendable {
        let path: String
        let addition: FileEdit
        /// True if the file may be missing: people who run no containers may throw away what describes them.
        var isOptional = false
    }

    static func insertionPoints(_ rename: Substitutions) -> [InsertionPoint] {
        code + documents(rename) + containers
    }

    private static let code = [
        InsertionPoint(path: "Package.swift", addition: .lines("        service(\"Boilerplate\", ")),
        InsertionPoint(path: "Package.swift", addition: .repeated(", \"Boilerplate\"")),
        InsertionPoint(path: "Sources/star/Services/ServiceDefinition.swift", addition: .repeated(", boilerplate")),
        InsertionPoint(path: "Tests/ServicesTests/ContractTests.swift", addition: .lines("oilerplate")),
        InsertionPoint(path: "Tests/ServicesTests/PayloadTests.swift", addition: .lines("oilerplate")),
    ]

    private static func documents(_ rename: Substitutions) -> [InsertionPoint] {
        let settings = { (name: ServiceName, port: Int) in
            let all = ServiceSettings.all(of: name.lowercase, port: port, socketFolder: StarSettings.socketFolder)
            return "\n\n" + EnvironmentExample.entries(all)
        }
        return [
            InsertionPoint(path: endpoints, addition: .lines("| boilerplate |")),
            InsertionPoint(
                path: "env.example",
                addition: .behind(settings(.template, rename.templatePort), settings(rename.name, rename.port))),
            InsertionPoint(
                path: "Sources/star/Services/PostmanFiles.swift",
                addition: .repeated("(\"Boilerplate\", .boilerplate),", separator: "\n        "), isOptional: true),
            InsertionPoint(
                path: "postman/starmicroservices local.postman_environment.json",
                addition: .repeated(postmanVariable(rename.templatePort)), isOptional: true),
        ]
    }

    private static let containers = [
        InsertionPoint(path: "compose/docker-compose.yml", addition: .block("  boilerplate:"), isOptional: true),
        InsertionPoint(
            path: "compose/docker-compose.yml", addition: .lines("  BOILERPLATE_URL:"), isOptional: true),
        InsertionPoint(
            path: "compose/docker-compose.yml", addition: .block("  boilerplate_curve_secret_key:"), isOptional: true),
        InsertionPoint(
            path: "compose/Dockerfile", addition: .repeated(" \\\n    BOILERPLATE_HTTP_HOST=0.0.0.0"), isOptional: true),
        InsertionPoint(path: "compose/Dockerfile", addition: .repeated(" 5070"), isOptional: true),
    ]

    private static func postmanVariable(_ port: Int) -> String {
        """
            {
              "key": "boilerplate_host",
              "value": "localhost:\(port)",
              "type": "default",
              "enabled": true
            },

        """
    }
}
