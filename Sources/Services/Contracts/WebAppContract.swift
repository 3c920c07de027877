public import Endpoints

/// What a visitor uses, by hand or by the page at `/`. It asks auth and resource, and needs no token of the visitor.
public enum WebAppContract: Contract {
    public static let name = "webapp"
    public static let version = "1.2.0"
    public static let summary = "Tells visitors the time, with their own token or a guest's."

    public static let currentTime = Endpoint<Empty, CurrentTime>(
        "current_time", .get, "/api/v1/time/current_time", access: .open, deadline: .seconds(2), problems: passedOn,
        summary: "The time from resource as ISO 8601 writes it. A token that is sent is passed on.")
    public static let epochTime = Endpoint<Empty, EpochTime>(
        "epoch_time", .get, "/api/v1/time/epoch_time", access: .open, deadline: .seconds(2), problems: passedOn,
        summary: "The time from resource as seconds since 1970. A token that is sent is passed on.")
    public static let clock = Endpoint<Empty, Clock>(
        "clock", .get, "/api/v1/clock", access: .open, deadline: .seconds(2), problems: passedOn,
        summary: "The time from resource, and what it cost to ask. A token that is sent is passed on.")

    public static let signIn = Endpoint<Credentials, TokenGrant>(
        "sign_in", .post, "/api/v1/session", status: 201, access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .tooManyRequests, .unavailable, .storeUnavailable],
        summary: "Asks auth for tokens for a user with a password, or for a guest's where no user is named.")
    public static let refresh = Endpoint<RefreshRequest, TokenGrant>(
        "refresh", .post, "/api/v1/session/refresh", access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .tooManyRequests, .unavailable, .storeUnavailable],
        summary: "Asks auth for new tokens for a refresh token, which is good once.")
    public static let signOut = Endpoint<RevocationRequest, Empty>(
        "sign_out", .post, "/api/v1/session/end", access: .open, idempotent: true,
        problems: [.unavailable, .storeUnavailable],
        summary: "Has auth end a token: a refresh token with all that came of the same password.")
    public static let session = Endpoint<Empty, Session>(
        "session", .get, "/api/v1/session", access: .token, summary: "Says whose token it is, and what it permits.")

    public static let services = Endpoint<Empty, ServiceStates>(
        "services", .get, "/api/v1/services", access: .open,
        summary: "How webapp and its neighbours are, looked at anew once a second at most.")
    public static let calls = Endpoint<Empty, RecentCalls>(
        "calls", .get, "/api/v1/calls", access: .open,
        summary: "Calls that went on to other services lately, the latest first, and where their time went.")

    public static let compare = Endpoint<Empty, WireComparison>(
        "compare", .post, "/api/v1/comparison", status: 202, access: .open, idempotent: true,
        problems: [.conflict, .tooManyRequests],
        summary: "Starts to compare the wires to resource, for a few seconds; while that goes on, it starts no other.")
    public static let comparison = Endpoint<Empty, WireComparison>(
        "comparison", .get, "/api/v1/comparison", access: .open,
        summary: "What the comparison that was started last has measured so far.")

    /// What resource says to a visitor's token or to a guest's, and that auth or resource cannot be reached.
    private static let passedOn: [Problem.Kind] = [.tokenInvalid, .tokenExpired, .permissionDenied, .unavailable]

    public static let endpoints = Endpoints {
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
