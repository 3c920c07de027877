public import Endpoints

extension WebAppContract {
    /// How the services are, as webapp sees them.
    public struct ServiceStates: Payload, Equatable {
        public static let schema = Schema.object(
            .required("services", .array(of: ServiceState.schema), "Webapp itself first, then its neighbours."))

        public let services: [ServiceState]

        public init(services: [ServiceState]) {
            self.services = services
        }
    }

    /// How one service is, in all its replicas.
    public struct ServiceState: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("name", .string(example: "resource"), "The service."),
            .required("summary", .string(example: "Tells the time."), "What it is for."),
            .required(
                "state", .string(values: State.allCases.map(\.rawValue), example: "ready"),
                "That of the replica which is best."),
            .required("replicas", .array(of: ReplicaState.schema), "One by one, in the order of the settings."))

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

    /// How one replica of a service is.
    public struct ReplicaState: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required(
                "state", .string(values: ServiceState.State.allCases.map(\.rawValue), example: "ready"),
                "Whether it works; not_ready says that it lives and waits for something, down that it does not answer."
            ),
            .optional("detail", .string(example: "Waits for: auth's keys."), "Why it is not ready."),
            .optional("version", .string(example: "1.0.0"), "The version of its contract."),
            .optional("uptime", .integer(0...10_000_000_000, example: 86_400), "For how many seconds it has run."),
            .optional("link", Link.schema, "How webapp reaches it; webapp itself needs none."),
            .optional("microseconds", .number(0...60_000_000, example: 240.5), "How long its answer took."))

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
