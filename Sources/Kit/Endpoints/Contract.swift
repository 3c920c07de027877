/// A service's interface: its name, its version and its endpoints. Data only, shared by the service and its clients.
///
/// ```swift
/// public enum GreetingContract: Contract {
///     public static let name = "greeting"
///     public static let greet = Endpoint<Person, Greeting>(…)
///     public static let endpoints = EndpointList { greet }
/// }
/// ```
public protocol Contract: Sendable {
    /// `^[a-z0-9]{1,32}$`. The first part of each endpoint's name on the wire of ZeroMQ: `greeting.greet`.
    static var name: String { get }
    /// Semantic version of the contract.
    static var version: String { get }
    /// One sentence for people.
    static var summary: String { get }
    static var endpoints: EndpointList { get }
    /// The endpoints in an order for people who try them; `nil` by default.
    static var walkthrough: Walkthrough? { get }
}

extension Contract {
    /// None, by default.
    public static var walkthrough: Walkthrough? { nil }

    /// The contract as a value.
    public static var description: ContractDescriptor {
        ContractDescriptor(
            name: name, typeName: String(describing: Self.self), version: version, summary: summary,
            endpoints: endpoints.descriptions, walkthrough: walkthrough)
    }
}

extension Contract {
    /// The name of one of its endpoints on the wire of ZeroMQ, such as `resource.current_time`, which is the topic of its
    /// events, too.
    public static func qualifiedName<Input, Output>(of endpoint: Endpoint<Input, Output>) -> String {
        description.qualifiedName(of: endpoint.description)
    }
}

/// A ``Contract`` as a value.
public struct ContractDescriptor: Sendable {
    /// The name of the service, ``Contract/name``.
    public let name: String
    /// The name of the Swift type that says it, such as `GreetingContract`, if it is known.
    public let typeName: String?
    /// The version of the contract, ``Contract/version``.
    public let version: String
    /// One sentence on the service, ``Contract/summary``.
    public let summary: String
    /// The endpoints, in the order of the contract.
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
public struct EndpointList: Sendable {
    /// The endpoints without their Swift types, in their order.
    public let descriptions: [EndpointDescriptor]

    /// The endpoints that are listed, one a line.
    public init(@ListBuilder _ build: () -> [EndpointDescriptor]) {
        descriptions = build()
    }

    /// Makes the list of the endpoints that a block names.
    @resultBuilder
    public enum ListBuilder {
        /// The description of one endpoint.
        public static func buildExpression<Input, Output>(_ endpoint: Endpoint<Input, Output>) -> [EndpointDescriptor] {
            [endpoint.description]
        }

        /// The endpoints of another list, such as a part of the contract that has a file of its own.
        public static func buildExpression(_ endpoints: EndpointList) -> [EndpointDescriptor] { endpoints.descriptions }

        /// The list of all.
        public static func buildBlock(_ endpoints: [EndpointDescriptor]...) -> [EndpointDescriptor] {
            endpoints.flatMap(\.self)
        }
    }
}
