import Contracts
import Documents
import Endpoints
import Foundation

/// The files of `postman/`, written from the contracts.
enum PostmanFiles {
    /// A file by its name, and what is in it.
    static var all: [(name: String, content: Data)] {
        let collections = members.map { title, member in
            let collection = PostmanCollection(title, member.contract, host: member.hostVariable, tokens: tokens)
            return (name: "\(title).postman_collection.json", content: collection.json)
        }
        let hosts = members.map { (variable: $0.member.hostVariable, value: "localhost:\($0.member.port)") }
        let environment = PostmanEnvironment("starmicroservices local", hosts: hosts)
        return collections + [("starmicroservices local.postman_environment.json", environment.json)]
    }

    private static let members: [(title: String, member: Member)] = [
        ("Auth", .auth), ("Resources", .resource), ("WebApp", .webApp), ("Boilerplate", .boilerplate),
    ]

    private static let tokens = PostmanCollection.TokenSource(
        AuthContract.description, AuthContract.create.description, host: Member.auth.hostVariable)
}

extension Member {
    /// The Postman variable that says where the service is.
    fileprivate var hostVariable: String { name + "_host" }
}
