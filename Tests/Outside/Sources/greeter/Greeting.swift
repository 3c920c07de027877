import Endpoints
import RPC

enum GreetingContract: Contract {
    static let name = "greeting", version = "1.0.0", summary = "Greets people."
    static let greet = Endpoint<Person, Greeting>(
        "greet", .get, "/api/v1/greeting/{name}", access: .permission("greet"), summary: "Greets a person by name.")
    static let endpoints = EndpointList { greet }
}
actor GreetingService: Service {
    func greet(_ person: Person, _ context: CallContext) async -> Greeting { Greeting(text: "Hello, \(person.name)!") }
    nonisolated var handlers: Handlers { Handlers { handle(GreetingContract.greet, with: greet) } }
}

struct Person: Payload {
    static let schema = Schema.object(.required("name", .string(length: 1...64, example: "Ada"), "The name."))
    let name: String
}
struct Greeting: Payload {
    static let schema = Schema.object(.required("text", .string(example: "Hello, Ada!"), "The greeting."))
    let text: String
}
