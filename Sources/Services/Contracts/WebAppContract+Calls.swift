public import Endpoints

extension WebAppContract {
    /// Calls of late.
    public struct RecentCalls: Payload, Equatable {
        public static let schema = Schema.object(
            .required("calls", .array(of: RecentCall.schema), "The latest first; a few of each endpoint."))

        public let calls: [RecentCall]

        public init(calls: [RecentCall]) {
            self.calls = calls
        }
    }

    /// A call that webapp has answered, and what it asked of others for it. It holds nothing of what was said.
    public struct RecentCall: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("trace_id", .string(example: "0af7651916cd43dd8448eb211c80319c"), "As in the services' logs."),
            .required("endpoint", .string(example: "webapp.clock"), "What was called."),
            .required("status", .integer(100...599, example: 200), "What it was answered with."),
            .required("started", .integer(example: 1_574_653_197_250), "When, in milliseconds since 1970."),
            .required("microseconds", .number(0...60_000_000, example: 301.5), "How long it took."),
            .required("parts", .array(of: Part.schema), "Where webapp's time went; none before the call has ended."),
            .required("spans", .array(of: Span.schema), "What was asked of other services, in order."))

        public let traceID: String
        public let endpoint: String
        public let status: Int
        public let started: Int
        public let microseconds: Double
        public let parts: [Part]
        public let spans: [Span]

        public init(
            traceID: String, endpoint: String, status: Int, started: Int, microseconds: Double, parts: [Part] = [],
            spans: [Span]
        ) {
            self.traceID = traceID
            self.endpoint = endpoint
            self.status = status
            self.started = started
            self.microseconds = microseconds
            self.parts = parts
            self.spans = spans
        }

        enum CodingKeys: String, CodingKey {
            case traceID = "trace_id"
            case endpoint
            case status
            case started
            case microseconds
            case parts
            case spans
        }
    }

    /// A call to another service, as webapp saw it.
    public struct Span: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("endpoint", .string(example: "resource.current_time"), "What was called."),
            .required("link", Link.schema, "How."),
            .required("status", .integer(100...599, example: 200), "What it was answered with."),
            .required(
                "offset", .number(0...60_000_000, example: 31.5),
                "When it began, in microseconds since webapp's call did."),
            .required("microseconds", .number(0...60_000_000, example: 212.5), "How long it took."),
            .required("parts", .array(of: Part.schema), "Where that time went; none where the service did not say."))

        public let endpoint: String
        public let link: Link
        public let status: Int
        public let offset: Double
        public let microseconds: Double
        public let parts: [Part]

        public init(
            endpoint: String, link: Link, status: Int, offset: Double, microseconds: Double, parts: [Part]
        ) {
            self.endpoint = endpoint
            self.link = link
            self.status = status
            self.offset = offset
            self.microseconds = microseconds
            self.parts = parts
        }
    }

    /// A part of a call's time.
    public struct Part: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("name", .string(values: Name.allCases.map(\.rawValue), example: "handler"), "What it went to."),
            .required("microseconds", .number(0...60_000_000, example: 2.5), "How long that took."))

        /// What a service's ledger tells apart, and the wire.
        public enum Name: String, Codable, Sendable, CaseIterable {
            /// There and back, as the caller sees it: what is left once the service's own parts are taken off.
            case wire
            case queue
            case wait
            case access
            case decode
            case handler
            case encode
        }

        public let name: Name
        public let microseconds: Double

        public init(name: Name, microseconds: Double) {
            self.name = name
            self.microseconds = microseconds
        }
    }
}
