import Auth
import Contracts
import Documents
import Endpoints
package import Foundation

/// The files of `postman/`, written from the contracts.
package enum PostmanFiles {
    /// A file by its name, and its content.
    package static var all: [(name: String, content: Data)] {
        let collections = members.map { title, member in
            let collection = PostmanCollection(title, member.contract, member.walkthrough)
            return (name: "\(title).postman_collection.json", content: collection.json)
        }
        let environment = PostmanEnvironment(
            "starmicroservices local",
            hosts: members.map { (contract: $0.member.name, address: "localhost:\($0.member.port)") },
            walkthroughs: members.map(\.member.walkthrough), values: ["user": Bootstrap.administrator])
        return collections + [("starmicroservices local.postman_environment.json", environment.json)]
    }

    private static let members: [(title: String, member: ServiceDefinition)] = [
        ("Auth", .auth), ("Resources", .resource), ("WebApp", .webApp), ("Boilerplate", .boilerplate),
    ]
}

extension ServiceDefinition {
    fileprivate var walkthrough: Walkthrough { contract.walkthrough ?? Walkthrough(asGuest: contract) }
}
