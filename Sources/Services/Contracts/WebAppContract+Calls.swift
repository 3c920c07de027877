public import Endpoints

extension WebAppContract {
    /// Recent calls.
    public struct RecentCalls: Payload, Equatable {
        public static let schema = Schema.object(
            .required("calls", .array(of: .payload(RecentCall.self)), "A few calls of each endpoint, the latest first.")
        )

        public let calls: [RecentCall]

        public init(calls: [RecentCall]) {
            self.calls = calls
        }
    }

    /// A call that webapp has answered, with the calls that it made for it. It holds no content.
    public struct RecentCall: Payload, Equatable {
        public static let schema = Schema.object(
            .required(
                "trace_id", .string(example: "0af7651916cd43dd8448eb211c80319c"), "The trace id in the services' logs."),
            .required("endpoint", .string(example: "webapp.clock"), "The endpoint."),
            .required("status", .integer(100...599, example: 200), "The status of the answer."),
            .required(
                "started", .integer(example: 1_574_653_197_250),
                "The time at which it came, in milliseconds since 1970."),
            .required("microseconds", .number(0...60_000_000, example: 301.5), "Its duration, in microseconds."),
            .required(
                "parts", .array(of: .payload(Part.self)), "Webapp's time by phase; empty before the call has ended."),
            .required("spans", .array(of: .payload(Span.self)), "The calls to other services, in order."))

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
    public struct Span: Payload, Equatable {
        public static let schema = Schema.object(
            .required("endpoint", .string(example: "resource.current_time"), "The endpoint."),
            .required("link", Link.schema, "The wire."),
            .required("status", .integer(100...599, example: 200), "The status of the answer."),
            .required(
                "offset", .number(0...60_000_000, example: 31.5),
                "Its start, in microseconds after that of webapp's call."),
            .required("microseconds", .number(0...60_000_000, example: 212.5), "Its duration, in microseconds."),
            .required(
                "parts", .array(of: .payload(Part.self)), "The time by phase; empty if the service did not report it."))

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

    /// A phase of a call's time.
    public struct Part: Payload, Equatable {
        public static let schema = Schema.object(
            .required("name", .string(values: Name.allCases.map(\.rawValue), example: "handler"), "The phase."),
            .required("microseconds", .number(0...60_000_000, example: 2.5), "Its duration, in microseconds."))

        /// The phases that a service measures, and the wire.
        public enum Name: String, Codable, Sendable, CaseIterable {
            /// The round trip as the caller sees it, minus the service's own phases.
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
