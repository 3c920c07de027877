public import Endpoints

extension WebAppContract {
    /// The time, and what it cost to ask for it.
    public struct Clock: Payload, Equatable {
        public static let schema = Schema.object(
            .required(
                "current_time", .string(format: .dateTime, example: "2019-11-25T03:39:57+00:00"),
                "Date, time and offset (ISO 8601, RFC 3339)."),
            .required("link", Link.schema, "How webapp reaches resource."),
            .required(
                "microseconds", .number(0...60_000_000, example: 212.5), "How long resource's answer took to webapp."))

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

    /// Whose token it is, and what it permits.
    public struct Session: Payload, Equatable {
        public static let schema = Schema.object(
            .required("user", .string(example: "ada"), "The user's name, or guest."),
            .required("permissions", .array(of: .string(example: "time")), "What the token permits, in order."))

        public let user: String
        public let permissions: [String]

        public init(user: String, permissions: [String]) {
            self.user = user
            self.permissions = permissions
        }
    }
}

/// How one service reaches another: the wire, without the address.
public enum Link: String, Codable, Sendable, CaseIterable {
    case ipc
    case tcp
    case inproc
    case http
    /// No wire at all: both are in one process.
    case inProcess = "inprocess"

    static let schema = Schema.string(values: allCases.map(\.rawValue), example: "ipc")
}
