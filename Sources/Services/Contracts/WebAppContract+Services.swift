public import Endpoints

extension WebAppContract {
    /// The states of the services, as webapp sees them.
    public struct ServiceStates: Payload, Equatable {
        public static let schema = Schema.object(
            .required("services", .array(of: .payload(ServiceState.self)), "Webapp first, then the other services."))

        public let services: [ServiceState]

        public init(services: [ServiceState]) {
            self.services = services
        }
    }

    /// The state of a service, with all its replicas.
    public struct ServiceState: Payload, Equatable {
        public static let schema = Schema.object(
            .required("name", .string(example: "resource"), "The name of the service."),
            .required("summary", .string(example: "Returns the time."), "The summary of its contract."),
            .required(
                "state", .string(values: State.allCases.map(\.rawValue), example: "ready"),
                "The state of its best replica."),
            .required(
                "replicas", .array(of: .payload(ReplicaState.self)), "The replicas, in the order of the settings."))

        /// From the best to the worst.
        public enum State: String, Codable, Sendable, CaseIterable {
            case ready
            case notReady = "not_ready"
            case down
        }

        public let name: String
        public let summary: String
        public let state: State
        public let replicas: [ReplicaState]

        public init(name: String, summary: String, replicas: [ReplicaState]) {
            self.name = name
            self.summary = summary
            self.replicas = replicas
            state = State.allCases.first { state in replicas.contains { $0.state == state } } ?? .down
        }
    }

    /// The state of a replica.
    public struct ReplicaState: Payload, Equatable {
        public static let schema = Schema.object(
            .required(
                "state", .string(values: ServiceState.State.allCases.map(\.rawValue), example: "ready"),
                "ready; not_ready: it runs and waits for a dependency; or down: it does not answer."
            ),
            .optional(
                "detail", .string(example: "Waits for: keys to verify tokens with."), "The reason for not being ready."),
            .optional("version", .string(example: "1.0.0"), "The version of its contract."),
            .optional("uptime", .integer(0...10_000_000_000, example: 86_400), "The seconds since its start."),
            .optional("link", Link.schema, "The wire over which webapp reaches it; none for webapp itself."),
            .optional(
                "microseconds", .number(0...60_000_000, example: 240.5), "The time of its answer, in microseconds."))

        public var state: ServiceState.State
        public var detail: String?
        public var version: String?
        public var uptime: Int?
        public var link: Link?
        public var microseconds: Double?

        public init(state: ServiceState.State = .ready, link: Link? = nil) {
            self.state = state
            self.link = link
        }
    }
}
