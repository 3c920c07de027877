public import Endpoints

/// For visitors, by hand or with the page at `/`. It calls auth and resource, and needs no token of the visitor.
public enum WebAppContract: Contract {
    public static let name = "webapp"
    public static let version = "1.2.0"
    public static let summary = "Shows visitors the time, with their own token or a guest's."

    /// Returns the time from resource in ISO 8601, for the caller's token or a guest's.
    public static let currentTime = Endpoint<Empty, CurrentTime>(
        "current_time", .get, "/api/v1/time/current_time", access: .open, deadline: .seconds(2), problems: forwarded,
        summary: "The time from resource in ISO 8601. The caller's token is forwarded.")
    /// Returns the time from resource in whole seconds since 1970, for the caller's token or a guest's.
    public static let epochTime = Endpoint<Empty, EpochTime>(
        "epoch_time", .get, "/api/v1/time/epoch_time", access: .open, deadline: .seconds(2), problems: forwarded,
        summary: "The time from resource in seconds since 1970. The caller's token is forwarded.")
    /// Returns the time from resource, and the duration of that call in microseconds.
    public static let clock = Endpoint<Empty, Clock>(
        "clock", .get, "/api/v1/clock", access: .open, deadline: .seconds(2), problems: forwarded,
        summary: "The time from resource, and the time of that call. The caller's token is forwarded.")

    /// Returns tokens from auth. A retry is safe, and opens another session.
    public static let signIn = Endpoint<Credentials, TokenGrant>(
        "sign_in", .post, "/api/v1/session", status: 201, access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .tooManyRequests, .unavailable, .storeUnavailable],
        summary: "Gets tokens from auth for a user name and password, or a guest's token without them.")
    /// Exchanges a refresh token at auth. A retry is safe for some seconds: see ``AuthContract/refresh``.
    public static let refresh = Endpoint<RefreshRequest, TokenGrant>(
        "refresh", .post, "/api/v1/session/refresh", access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .tooManyRequests, .unavailable, .storeUnavailable],
        summary: "Gets new tokens from auth for a refresh token, which is single-use.")
    /// Revokes a token at auth, and with a refresh token its session. A retry is safe.
    public static let signOut = Endpoint<RevocationRequest, Empty>(
        "sign_out", .post, "/api/v1/session/end", access: .open, idempotent: true,
        problems: [.unavailable, .storeUnavailable],
        summary: "Has auth revoke an access token, or a refresh token with its whole session.")
    /// Returns the user and the permissions of the caller's token.
    public static let session = Endpoint<Empty, Session>(
        "session", .get, "/api/v1/session", access: .token,
        summary: "Returns the user and the permissions of the token.")

    /// Returns the state of each service, at most a second old.
    public static let services = Endpoint<Empty, ServiceStates>(
        "services", .get, "/api/v1/services", access: .open,
        summary: "The state of webapp and the other services, checked at most once a second.")
    /// Returns the latest calls to other services, with their durations by phase.
    public static let calls = Endpoint<Empty, RecentCalls>(
        "calls", .get, "/api/v1/calls", access: .open,
        summary: "Recent calls that reached other services, the latest first, with their time by phase.")

    /// Starts a comparison of the wires to resource, or returns the one that runs. A retry is safe.
    public static let compare = Endpoint<Empty, WireComparison>(
        "compare", .post, "/api/v1/comparison", status: 202, access: .open, idempotent: true,
        problems: [.conflict, .tooManyRequests],
        summary: "Starts a comparison of the wires to resource, for a few seconds; does nothing while one runs.")
    /// Returns the measurements of the last comparison so far, without starting one.
    public static let comparison = Endpoint<Empty, WireComparison>(
        "comparison", .get, "/api/v1/comparison", access: .open, eventStream: comparisonEvents,
        summary: "The measurements of the last comparison so far.")
    /// The page of events about the comparison, until it ends.
    public static let comparisonEvents: PathTemplate = "/page/comparison"

    /// Refusals of the visitor's token or a guest's by resource, and failures to reach auth or resource.
    private static let forwarded: [Problem.Kind] = [.tokenInvalid, .tokenExpired, .permissionDenied, .unavailable]

    public static let endpoints = EndpointList {
        currentTime
        epochTime
        clock
        signIn
        refresh
        signOut
        session
        services
        calls
        compare
        comparison
        listUsers
        addUser
        setPermissions
        lockUser
        unlockUser
        removeUser
        Smoke.endpoint
    }
}

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

// For administrators on the page. Each is auth's endpoint of the same name, called with the caller's own token.
extension WebAppContract {
    /// Returns auth's users by name, 50 at a time by default.
    public static let listUsers = Endpoint<PageRequest, UserPage>(
        "list_users", .get, "/api/v1/users", access: .permission(AuthContract.Permission.users),
        problems: forwardedByAuth, summary: "Lists auth's users by name, page by page.")
    /// Adds a user to auth. A retry after a lost reply throws ``Problem/Kind/conflict``.
    public static let addUser = Endpoint<NewUser, UserProfile>(
        "add_user", .post, "/api/v1/users", status: 201, access: .permission(AuthContract.Permission.users),
        deadline: .seconds(5), problems: forwardedByAuth + [.conflict, .tooManyRequests],
        summary: "Adds a user to auth, with no more permissions than the caller has.")
    /// Replaces the permissions of a user, and the roles if there are any in the request. A retry is safe.
    public static let setPermissions = Endpoint<PermissionChange, UserProfile>(
        "set_permissions", .put, "/api/v1/users/{user}/permissions", access: .permission(AuthContract.Permission.users),
        problems: forwardedByAuth + [.notFound, .conflict],
        summary: "Replaces the permissions and roles of a user.")
    /// Locks a user and revokes the user's tokens. A retry is safe.
    public static let lockUser = Endpoint<UserName, UserProfile>(
        "lock_user", .post, "/api/v1/users/{user}/lock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: forwardedByAuth + [.notFound, .conflict],
        summary: "Locks a user and revokes all of its tokens.")
    /// Unlocks a user. A retry is safe.
    public static let unlockUser = Endpoint<UserName, UserProfile>(
        "unlock_user", .post, "/api/v1/users/{user}/unlock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: forwardedByAuth + [.notFound], summary: "Unlocks a user.")
    /// Removes a user and revokes the user's tokens. A retry after a lost reply throws ``Problem/Kind/notFound``.
    public static let removeUser = Endpoint<UserName, Empty>(
        "remove_user", .delete, "/api/v1/users/{user}", access: .permission(AuthContract.Permission.users),
        problems: forwardedByAuth + [.notFound, .conflict], summary: "Removes a user and revokes all of its tokens.")

    private static let forwardedByAuth: [Problem.Kind] = [.permissionDenied, .invalid, .unavailable, .storeUnavailable]
}
