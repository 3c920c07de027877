public import Endpoints

/// What a visitor uses. It asks auth and resource, and needs no token of the visitor.
public enum WebAppContract: Contract {
    public static let name = "webapp"
    public static let version = "1.0.0"
    public static let summary = "Tells visitors the time, with their own token or a guest's."

    public static let currentTime = Endpoint<Empty, CurrentTime>(
        "current_time", .get, "/api/v1/time/current_time", access: .open, deadline: .seconds(2), problems: passedOn,
        summary: "The time from resource as ISO 8601 writes it. A token that is sent is passed on.")
    public static let epochTime = Endpoint<Empty, EpochTime>(
        "epoch_time", .get, "/api/v1/time/epoch_time", access: .open, deadline: .seconds(2), problems: passedOn,
        summary: "The time from resource as seconds since 1970. A token that is sent is passed on.")

    /// What resource says to a visitor's token or to a guest's, and that auth or resource cannot be reached.
    private static let passedOn: [Problem.Kind] = [.tokenInvalid, .tokenExpired, .permissionDenied, .unavailable]

    public static let endpoints = Endpoints {
        currentTime
        epochTime
        Smoke.endpoint
    }
}
