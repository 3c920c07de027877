public import Endpoints
import Foundation
public import JSON

/// The kit's own endpoints about health. Every service has them.
///
/// They differ on purpose: a process that is not *live* should be restarted, one that is not *ready* should be left alone
/// and sent no calls.
public enum HealthContract: Contract {
    public static let name = "_health"
    public static let version = "1.0.0"
    public static let summary = "Liveness of the process and readiness of the service."
    /// The path that its endpoints begin with.
    public static let pathPrefix = "/health/"

    /// Replies as long as the process lives.
    public static let live = Endpoint<Empty, Health>(
        "live", .get, PathTemplate(pathPrefix + "live"), access: .open,
        summary: "Returns a success while the process lives.")
    /// Replies if the service is ready, and refuses with ``Problem/Kind/notReady`` and what it waits for otherwise.
    public static let check = Endpoint<Empty, Health>(
        "check", .get, PathTemplate(pathPrefix + "ready"), access: .open, deadline: .milliseconds(200),
        problems: [.notReady],
        summary: "Checks that the service can do its work; a 503 names what it waits for.")

    public static let endpoints = EndpointList {
        live
        check
    }

    static func handlers(_ service: some Service, _ verifier: any TokenVerifier, _ shutdownState: ShutdownState)
        -> Handlers
    {
        let start = ContinuousClock.now
        return Handlers {
            handle(live) { _, _ in Health(status: "live", since: start) }
            handle(check) { _, _ in
                guard !shutdownState.isEnding else { throw Problem(.notReady, "The service is about to stop.") }
                var waits = await service.pendingDependencies()
                if !verifier.isReady { waits.append("keys to verify tokens with") }
                guard waits.isEmpty else { throw Problem(.notReady, "Waits for: \(waits.joined(separator: ", ")).") }
                return Health(status: "ready", since: start)
            }
        }
    }
}

/// A state of health.
public struct Health: Payload, Equatable {
    public static let schema = Schema.object(
        .required("status", .string(values: ["live", "ready"], example: "ready"), "The state."),
        .optional(
            "uptime", .integer(0...10_000_000_000, example: 86_400), "The seconds since the start of the service."))

    public let status: String
    public let uptime: Int?

    /// The state of a service.
    ///
    /// - Parameter uptime: in seconds.
    public init(status: String, uptime: Int?) {
        self.status = status
        self.uptime = uptime
    }

    init(status: String, since start: ContinuousClock.Instant) {
        self.init(status: status, uptime: Int(start.duration(to: .now).components.seconds))
    }
}

/// The kit's own endpoint about the contract. Every service has it.
public enum MetaContract: Contract {
    public static let name = "_meta"
    public static let version = "1.0.0"
    public static let summary = "The contract of the service."

    /// Returns the contract as JSON, by which clients in other languages learn the endpoints.
    public static let contract = Endpoint<Empty, JSONDocument>(
        "contract", .get, "/contract", envelope: false, access: .open,
        summary: "Returns the service's contract, with its hash."
    )

    public static let endpoints = EndpointList { contract }

    static func handlers(_ description: ContractDescriptor) -> Handlers {
        let document = JSONDocument(value: description.json)
        return Handlers { handle(contract) { _, _ in document } }
    }
}

/// An output that is any JSON object.
public struct JSONDocument: Payload, Equatable {
    public static let schema = Schema.map(of: .any)

    public let value: JSONValue

    public init(value: JSONValue) {
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        value = try JSONValue(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
    }
}
