public import Endpoints

/// What every service answers at `/api/v1/smoke/`: its actor runs, and so does what belongs to it alone. Whether its peers
/// do as well, `/health/ready` says.
public struct Smoke: Payload, Equatable {
    public static let schema = Schema.object(
        .required("status", .string(values: ["OK"], example: "OK"), "OK, or there is a problem in its place."))

    /// The endpoint, for each contract to list.
    public static let endpoint = Endpoint<Empty, Smoke>(
        "smoke", .get, "/api/v1/smoke", access: .open, summary: "Says OK if the service itself works.")

    public static let ok = Smoke(status: "OK")

    public let status: String
}

extension Contract {
    /// ``Smoke/endpoint``, which every contract lists.
    public static var smoke: Endpoint<Empty, Smoke> { Smoke.endpoint }
}
