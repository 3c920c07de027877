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
        public static func buildExpression<Input, Output>(_ endpoint: Endpoint<Input, Output>) -> EndpointDescriptor {
            endpoint.description
        }

        /// The list of all.
        public static func buildBlock(_ endpoints: EndpointDescriptor...) -> [EndpointDescriptor] {
            endpoints
        }
    }
}

extension ContractDescriptor {
    /// Checks whether a client that was written for another edition of this contract can be served.
    ///
    /// It can if every endpoint it knows is here, accepts what it sends and returns what it reads: a service may add
    /// endpoints, optional inputs and outputs, and may require less.
    ///
    /// - Returns: a sentence on what does not fit, or `nil`.
    public func incompatibility(with client: ContractDescriptor) -> String? {
        guard client.name == name else { return "The client wants the service \(client.name), and this is \(name)." }
        for wanted in client.endpoints {
            guard let own = endpoints.first(where: { $0.name == wanted.name }) else {
                return "The client knows the endpoint \(name).\(wanted.name), which is not here."
            }
            if let fault = own.input.fault(accepting: wanted.input, at: "") {
                return "\(name).\(wanted.name) does not take what the client sends: \(fault)."
            }
            if let fault = wanted.output.fault(accepting: own.output, at: "") {
                return "\(name).\(wanted.name) does not give what the client reads: \(fault)."
            }
        }
        return nil
    }
}

extension Schema {
    /// The reason why not every value of another schema has the form of this one, or `nil`. Ranges and lengths are left to
    /// validation.
    fileprivate func fault(accepting other: Schema, at pointer: String) -> String? {
        switch (kind, other.kind) {
        case (.any, _), (.string, .string), (.integer, .integer), (.number, .number), (.number, .integer),
            (.boolean, .boolean), (.bytes, .bytes):
            nil
        case (.array(let own, _), .array(let theirs, _)), (.map(let own), .map(let theirs)):
            own.fault(accepting: theirs, at: pointer + "/*")
        case (.object(let own), .object(let theirs)): Self.fault(own, accepting: theirs, at: pointer)
        default: "\(pointer.isEmpty ? "the whole" : pointer) is of another kind"
        }
    }

    private static func fault(_ own: [Field], accepting theirs: [Field], at pointer: String) -> String? {
        for field in own {
            let place = pointer + "/" + field.name
            guard let other = theirs.first(where: { $0.name == field.name }) else {
                if field.isRequired { return "\(place) is missing" }
                continue
            }
            if field.isRequired, !other.isRequired { return "\(place) may be missing" }
            if let fault = field.schema.fault(accepting: other.schema, at: place) { return fault }
        }
        return nil
    }
}
