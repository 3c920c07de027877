public import JSON

/// The requests of a service in an order in which each succeeds, for people who try it. Postman collections are made from it.
///
/// Texts of an input may hold variables, written `{{user}}`. A step whose variables are empty is skipped, so that one
/// walkthrough serves guests, users and administrators.
///
/// ```swift
/// public static let walkthrough = Walkthrough(
///     .init(
///         "A user", "Set `user` and `password`.",
///         [
///             step(create, ["user": "{{user}}", "password": "{{password}}"], keeps: ["token": "token"]),
///             step(me),
///             step(revoke, ["token": "{{token}}"], clears: ["token"]),
///         ]))
/// ```
public struct Walkthrough: Sendable {
    /// The variable whose token a step sends by default.
    public static let token = "token"
    /// The variable that holds the permissions of that token, with spaces between.
    public static let permissions = "permissions"

    /// The chapters, in the order in which they are run.
    public let chapters: [Chapter]

    /// A walkthrough of these chapters.
    public init(_ chapters: Chapter...) {
        self.chapters = chapters
    }

    /// Steps that one kind of caller may take.
    public struct Chapter: Sendable {
        /// A few words that name it.
        public let title: String
        /// One sentence on what it needs.
        public let summary: String
        /// The calls, in their order.
        public let steps: [Step]

        /// A chapter of these steps.
        public init(_ title: String, _ summary: String, _ steps: [Step]) {
            self.title = title
            self.summary = summary
            self.steps = steps
        }
    }

    /// A call of one endpoint.
    public struct Step: Sendable {
        /// The name of the endpoint's contract.
        public let contract: String
        /// The endpoint that is called.
        public let endpoint: EndpointDescriptor
        /// The fields that are sent. A required field that is missing here has its schema's example.
        public let input: [String: JSONValue]
        /// The variable whose token is sent, if the endpoint reads tokens; `nil` for none.
        public let token: String?
        /// The variables in which fields of the output are kept, by the fields' names.
        public let keeps: KeyValuePairs<String, String>
        /// The variables that get a random text before the step.
        public let generates: [String]
        /// The variables that are empty after the step.
        public let clears: [String]
        /// The problems that are as good an answer as a success, beside too many requests.
        public let accepts: [Problem.Kind]

        /// A call of an endpoint; the parameters are the properties.
        public init(
            _ contract: String, _ endpoint: EndpointDescriptor, _ input: [String: JSONValue] = [:],
            token: String? = Walkthrough.token, keeps: KeyValuePairs<String, String> = [:], generates: [String] = [],
            clears: [String] = [], accepts: [Problem.Kind] = []
        ) {
            self.contract = contract
            self.endpoint = endpoint
            self.input = input
            self.token = endpoint.readsToken ? token : nil
            self.keeps = keeps
            self.generates = generates
            self.clears = clears
            self.accepts = accepts
        }

        /// The variables that must hold something: those of the input, and the token's if the endpoint requires one.
        public var needs: [String] {
            let inInput = endpoint.input.fields.compactMap { input[$0.name]?.string }.flatMap(Self.variables)
            let inToken = endpoint.access == .open ? [] : [token].compactMap(\.self)
            var seen = Set(generates)
            return (inToken + inInput).filter { seen.insert($0).inserted }
        }

        /// The permission that ``Walkthrough/permissions`` must hold.
        public var permission: String? {
            guard case .permission(let permission, _) = endpoint.access, token == Walkthrough.token else { return nil }
            return permission
        }

        /// Every variable that the step reads or writes, beside those that say where services are.
        public var variables: [String] {
            needs + [token].compactMap(\.self) + keeps.map(\.value) + generates + clears
                + (permission == nil ? [] : [Walkthrough.permissions])
        }

        private static func variables(in text: String) -> [String] {
            text.matches(of: #/{{([a-z_]+)}}/#).map { String($0.1) }
        }
    }
}

extension Contract {
    /// A step of a ``Walkthrough``.
    public static func step<Input, Output>(
        _ endpoint: Endpoint<Input, Output>, _ input: [String: JSONValue] = [:], token: String? = Walkthrough.token,
        keeps: KeyValuePairs<String, String> = [:], generates: [String] = [], clears: [String] = [],
        accepts: [Problem.Kind] = []
    ) -> Walkthrough.Step {
        Walkthrough.Step(
            name, endpoint.description, input, token: token, keeps: keeps, generates: generates, clears: clears,
            accepts: accepts)
    }
}
