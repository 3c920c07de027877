public import Endpoints

/// Returns the time to callers with the permission `time`.
public enum ResourceContract: Contract {
    public static let name = "resource"
    public static let version = "1.0.0"
    public static let summary = "Returns the time to callers with the permission “time”."

    /// Returns the time with its offset from UTC, in ISO 8601.
    public static let currentTime = Endpoint<Empty, CurrentTime>(
        "current_time", .get, "/api/v1/resource/current_time", aliases: ["/api/v1/time/current_time"],
        access: .permission("time"), summary: "The time in ISO 8601.")
    /// Returns the time in whole seconds since 1970.
    public static let epochTime = Endpoint<Empty, EpochTime>(
        "epoch_time", .get, "/api/v1/resource/epoch_time", aliases: ["/api/v1/time/epoch_time"],
        access: .permission("time"), summary: "The time as seconds since 1970.")

    public static let endpoints = EndpointList {
        currentTime
        epochTime
        Smoke.endpoint
    }
}

/// A time in ISO 8601.
public struct CurrentTime: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "current_time", .string(format: .dateTime, example: "2019-11-25T03:39:57+00:00"),
            "Date, time and offset (ISO 8601, RFC 3339)."))

    public let currentTime: String

    public init(currentTime: String) {
        self.currentTime = currentTime
    }

    enum CodingKeys: String, CodingKey {
        case currentTime = "current_time"
    }
}

/// A time in seconds since 1970.
public struct EpochTime: Payload, Equatable {
    public static let schema = Schema.object(
        .required("epoch_time", .integer(example: 1_574_653_197), "Seconds since 1970-01-01T00:00:00Z."))

    public let epochTime: Int

    public init(epochTime: Int) {
        self.epochTime = epochTime
    }

    enum CodingKeys: String, CodingKey {
        case epochTime = "epoch_time"
    }
}
