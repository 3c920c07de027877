public import Endpoints

/// The smoke test of every service, at `/api/v1/smoke/`: the service itself works. Its dependencies are checked by
/// `/health/ready`.
public struct Smoke: Payload, Equatable {
    public static let schema = Schema.object(
        .required("status", .string(values: ["OK"], example: "OK"), "OK; anything else is a problem."))

    /// The endpoint, for each contract to list.
    public static let endpoint = Endpoint<Empty, Smoke>(
        "smoke", .get, "/api/v1/smoke", access: .open, summary: "Returns OK if the service itself works.")

    public static let ok = Smoke(status: "OK")

    public let status: String
}

extension Contract {
    /// ``Smoke/endpoint``, which every contract lists.
    public static var smoke: Endpoint<Empty, Smoke> { Smoke.endpoint }
}
