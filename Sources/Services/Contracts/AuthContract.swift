public import Endpoints
public import Tokens

/// Says who may do what: lets users in, issues tokens, and publishes the keys that verify them.
public enum AuthContract: Contract {
    public static let name = "auth"
    public static let version = "2.0.0"
    public static let summary = "Lets users in, issues tokens, and publishes the keys that verify them."

    /// Permissions that this contract names.
    public enum Permission {
        /// Who holds it adds, changes and removes users.
        public static let users = "users"
        /// Who holds it may ask what other people's tokens are worth.
        public static let introspect = "introspect"
    }

    public static let create = Endpoint<Credentials, TokenGrant>(
        "create", .post, "/api/v1/auth/create", status: 201, access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .tooManyRequests, .storeUnavailable],
        summary: "Makes tokens for a user with a password, or one for a guest where no user is named.")
    public static let refresh = Endpoint<RefreshRequest, TokenGrant>(
        "refresh", .post, "/api/v1/auth/refresh", access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .tooManyRequests, .storeUnavailable],
        summary: "Makes new tokens for a refresh token, which is good once; used again, all that came of it ends.")
    public static let revoke = Endpoint<RevocationRequest, Empty>(
        "revoke", .post, "/api/v1/auth/revoke", forms: true, access: .open, idempotent: true,
        problems: [.storeUnavailable, .unavailable],
        summary: "Ends a token (RFC 7009): an access token, or a refresh token with all that came of the same password."
    )
    public static let introspect = Endpoint<IntrospectionRequest, Introspection>(
        "introspect", .post, "/api/v1/auth/introspect", envelope: false, forms: true,
        access: .permission(Permission.introspect), idempotent: true, problems: [.storeUnavailable, .unavailable],
        summary: "Says what a token is worth at this moment (RFC 7662).")
    public static let valid = Endpoint<PermissionQuestion, Empty>(
        "valid", .get, "/api/v1/auth/valid", access: .token,
        problems: [.tokenInvalid, .permissionDenied, .storeUnavailable],
        summary: "Says whether the token permits the use of a resource; a 403 says that it does not.")
    public static let me = Endpoint<Empty, Identity>(
        "me", .get, "/api/v1/auth/me", access: .token, summary: "Says whose token it is and what it permits.")
    public static let keys = Endpoint<Empty, KeySet>(
        "keys", .get, "/.well-known/jwks.json", envelope: false, cache: .seconds(300), access: .open,
        problems: [.unavailable], summary: "The public keys that verify tokens.")
    public static let changes = Endpoint<ChangesQuestion, TokenChanges>(
        "changes", .get, "/api/v1/auth/changes", envelope: false, access: .open,
        problems: [.storeUnavailable, .unavailable],
        summary: "What verifiers of tokens must hear of: the keys, and the tokens revoked since they last asked.")
    public static let metadata = Endpoint<Empty, AuthMetadata>(
        "metadata", .get, "/.well-known/oauth-authorization-server", envelope: false, cache: .seconds(300),
        access: .open, summary: "Where the endpoints of this server are, in the words of RFC 8414.")

    public static let endpoints = Endpoints {
        create
        refresh
        revoke
        introspect
        valid
        me
        keys
        changes
        metadata
        addUser
        listUsers
        showUser
        changePassword
        setPermissions
        lockUser
        unlockUser
        removeUser
        listRoles
        Smoke.endpoint
    }
}

extension Problem.Kind {
    public static let credentialsWrong = Self("credentials_wrong", status: 401, title: "The credentials are wrong")
    public static let storeUnavailable = Self(
        "store_unavailable", status: 503, title: "What must be kept cannot be kept now")
}
