/// A service's interface: its name, its version and its endpoints. Data only, shared by the service and its clients.
///
/// ```swift
/// public enum GreetingContract: Contract {
///     public static let name = "greeting"
///     public static let greet = Endpoint<Person, Greeting>(…)
///     public static let endpoints = Endpoints { greet }
/// }
/// ```
public protocol Contract: Sendable {
    /// `^[a-z0-9]{1,32}$`. The first part of each endpoint's name on the wire of ZeroMQ: `greeting.greet`.
    static var name: String { get }
    /// Semantic version of the contract.
    static var version: String { get }
    /// One sentence for people.
    static var summary: String { get }
    static var endpoints: Endpoints { get }
    /// The endpoints in an order for people who try them; `nil` by default.
    static var walkthrough: Walkthrough? { get }
}

extension Contract {
    public static var walkthrough: Walkthrough? { nil }

    /// The contract as a value.
    public static var description: ContractDescriptor {
        ContractDescriptor(
            name: name, typeName: String(describing: Self.self), version: version, summary: summary,
            endpoints: endpoints.descriptions, walkthrough: walkthrough)
    }
}

/// A ``Contract`` as a value.
public struct ContractDescriptor: Sendable {
    public let name: String
    /// The name of the Swift type that says it, such as `GreetingContract`, where it is known.
    public let typeName: String?
    public let version: String
    public let summary: String
    public let endpoints: [EndpointDescriptor]
    /// The endpoints in an order for people who try them, if the contract has one. It is no part of what a client
    /// relies on.
    public var walkthrough: Walkthrough?

    /// The name of an endpoint on the wire of ZeroMQ, such as `resource.current_time`.
    public func qualifiedName(of endpoint: EndpointDescriptor) -> String {
        name + "." + endpoint.name
    }
}

/// The list of a contract's endpoints, whatever the types of their payloads.
public struct Endpoints: Sendable {
    public let descriptions: [EndpointDescriptor]

    public init(@Builder _ build: () -> [EndpointDescriptor]) {
        descriptions = build()
    }

    @resultBuilder
    public enum Builder {
        public static func buildExpression<Input, Output>(_ endpoint: Endpoint<Input, Output>) -> EndpointDescriptor {
            endpoint.description
        }

        public static func buildBlock(_ endpoints: EndpointDescriptor...) -> [EndpointDescriptor] {
            endpoints
        }
    }
}
