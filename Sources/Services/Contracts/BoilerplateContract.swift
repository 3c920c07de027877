public import Endpoints

/// The service to start from: copy it, and change what it says.
public enum BoilerplateContract: Contract {
    public static let name = "boilerplate"
    public static let version = "1.0.0"
    public static let summary = "The service to start a new one from."

    /// Greets a person, once or up to ten times.
    public static let greet = Endpoint<Person, Greeting>(
        "greet", .get, "/api/v1/boilerplate/greeting/{name}", access: .open, summary: "Greets a person by name.")

    public static let endpoints = EndpointList {
        greet
        Smoke.endpoint
    }
}

extension BoilerplateContract {
    /// A person to greet.
    public struct Person: Payload, Equatable {
        public static let schema = Schema.object(
            .required("name", .string(length: 1...64, example: "Ada"), "The name to greet."),
            .optional("times", .integer(1...10, example: 2), "The number of greetings; 1 by default."))

        public let name: String
        public let times: Int?

        public init(name: String, times: Int? = nil) {
            self.name = name
            self.times = times
        }
    }

    /// A greeting.
    public struct Greeting: Payload, Equatable {
        public static let schema = Schema.object(
            .required("greeting", .string(example: "Hello, Ada!"), "The greeting."))

        public let greeting: String

        public init(greeting: String) {
            self.greeting = greeting
        }
    }
}
