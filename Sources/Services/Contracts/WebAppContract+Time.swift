public import Endpoints

extension WebAppContract {
    /// The time, and the time of the call for it.
    public struct Clock: Payload, Equatable {
        public static let schema = Schema.object(
            .required(
                "current_time", .string(format: .dateTime, example: "2019-11-25T03:39:57+00:00"),
                "Date, time and offset (ISO 8601, RFC 3339)."),
            .required("link", Link.schema, "The wire over which webapp reaches resource."),
            .required(
                "microseconds", .number(0...60_000_000, example: 212.5),
                "The time of resource's answer, in microseconds."))

        public let currentTime: String
        public let link: Link
        public let microseconds: Double

        public init(currentTime: String, link: Link, microseconds: Double) {
            self.currentTime = currentTime
            self.link = link
            self.microseconds = microseconds
        }

        enum CodingKeys: String, CodingKey {
            case currentTime = "current_time"
            case link
            case microseconds
        }
    }

    /// The user and the permissions of a token.
    public struct Session: Payload, Equatable {
        public static let schema = Schema.object(
            .required("user", .string(example: "ada"), "The user's name, or guest."),
            .required("permissions", .array(of: .string(example: "time")), "The token's permissions, sorted."))

        public let user: String
        public let permissions: [String]

        public init(user: String, permissions: [String]) {
            self.user = user
            self.permissions = permissions
        }
    }
}

/// The wire over which one service reaches another, without the address.
public enum Link: String, Codable, Sendable, CaseIterable {
    case ipc
    case tcp
    case inproc
    case http
    /// No wire: both are in one process.
    case inProcess = "inprocess"

    static let schema = Schema.string(values: allCases.map(\.rawValue), example: "ipc")
}
