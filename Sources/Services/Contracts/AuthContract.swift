public import Endpoints
public import JOSE
public import Trust

/// Authenticates users, issues tokens, and publishes the keys that verify them.
public enum AuthContract: Contract {
    public static let name = "auth"
    public static let version = "2.0.0"
    public static let summary = "Authenticates users, issues tokens, and publishes the keys that verify them."

    /// Permissions that this contract names.
    public enum Permission {
        /// Allows adding, changing and removing users.
        public static let users = "users"
        /// Allows introspecting other people's tokens.
        public static let introspect = "introspect"
    }

    /// Issues tokens for a password, or a guest's without one. A retry is safe, and opens another session.
    public static let create = Endpoint<Credentials, TokenGrant>(
        "create", .post, "/api/v1/auth/create", status: 201, access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .tooManyRequests, .storeUnavailable],
        summary: "Issues tokens for a user name and password, or a guest's token without them.")
    /// Exchanges a refresh token for new tokens. A retry is safe for 10 seconds by default, and returns the same refresh
    /// token; showing a used token later, or one whose successor was used, revokes the session.
    public static let refresh = Endpoint<RefreshRequest, TokenGrant>(
        "refresh", .post, "/api/v1/auth/refresh", access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .tooManyRequests, .storeUnavailable],
        summary: "Exchanges a refresh token, which is single-use, for new tokens; reuse revokes the whole session.")
    /// Issues tokens over OAuth, with the errors of RFC 6749. Retries are as safe as those of ``create``, and for a refresh
    /// token only as long as those of ``refresh``.
    public static let token = Endpoint<TokenRequest, TokenResponse>(
        "token", .post, "/oauth/token", oauth: true, access: .open, deadline: .seconds(5),
        problems: [
            .invalidGrant, .invalidScope, .unsupportedGrantType, .invalidClient,
            .tooManyRequests, .storeUnavailable,
        ],
        summary: "Makes tokens as RFC 6749 has it: for a client's secret, a user's password or a refresh token.")
    /// Revokes a token, and with a refresh token its session. Succeeds for invalid tokens, too: a retry is safe.
    public static let revoke = Endpoint<RevocationRequest, Empty>(
        "revoke", .post, "/api/v1/auth/revoke", acceptsForms: true, access: .open, idempotent: true,
        problems: [.storeUnavailable, .unavailable],
        summary: "Revokes an access token, or a refresh token with its whole session (RFC 7009)."
    )
    /// Returns whether a token is valid, and its claims. Changes nothing.
    public static let introspect = Endpoint<IntrospectionRequest, Introspection>(
        "introspect", .post, "/api/v1/auth/introspect", envelope: false, acceptsForms: true,
        access: .permission(Permission.introspect), idempotent: true, problems: [.storeUnavailable, .unavailable],
        summary: "Introspects a token (RFC 7662).")
    /// Revokes a token over OAuth, as ``revoke`` does.
    public static let revokeToken = Endpoint<TokenQuestion, Empty>(
        "revoke_token", .post, "/oauth/revoke", oauth: true, access: .open, idempotent: true,
        problems: [.invalidGrant, .invalidClient, .storeUnavailable, .unavailable],
        summary: "Ends a token as RFC 7009 has it. A session that a client has opened is ended by that client alone.")
    /// Introspects a token over OAuth, as ``introspect`` does.
    public static let introspectToken = Endpoint<TokenQuestion, Introspection>(
        "introspect_token", .post, "/oauth/introspect", oauth: true, access: .open, idempotent: true,
        problems: [.invalidClient, .insufficientScope, .storeUnavailable, .unavailable],
        summary: "Judges a token as RFC 7662 has it, for a client or a bearer who holds the permission introspect.")
    /// Succeeds if the caller's token grants a permission; throws ``Problem/Kind/permissionDenied`` otherwise.
    public static let valid = Endpoint<PermissionQuestion, Empty>(
        "valid", .get, "/api/v1/auth/valid", access: .token,
        problems: [.tokenInvalid, .permissionDenied, .storeUnavailable],
        summary: "Checks that the token grants a permission; 403 if it does not.")
    /// Returns the user and the permissions of the caller's token.
    public static let me = Endpoint<Empty, Identity>(
        "me", .get, "/api/v1/auth/me", access: .token, summary: "Returns the user and the permissions of the token.")
    /// Returns the public keys that verify tokens. Clients may keep them for 300 seconds.
    public static let keys = Endpoint<Empty, JWKSet>(
        "keys", .get, "/.well-known/jwks.json", envelope: false, cache: .seconds(300), access: .open,
        problems: [.unavailable], summary: "The public keys that verify tokens (RFC 7517).")
    /// Returns the keys, and the revocations since a position in their stream: the input of every verifier.
    public static let trustUpdates = Endpoint<TrustUpdatesRequest, TrustUpdates>(
        "trust_updates", .get, "/api/v1/auth/trust_updates", envelope: false, access: .open, published: true,
        problems: [.storeUnavailable, .unavailable], summary: "Keys, and tokens revoked since a sequence number.")
    /// Returns what a client of OAuth discovers by itself: the addresses and abilities of this server.
    public static let metadata = Endpoint<Empty, AuthMetadata>(
        "metadata", .get, "/.well-known/oauth-authorization-server",
        aliases: ["/.well-known/openid-configuration"], envelope: false, access: .open,
        summary: "The metadata of this authorization server (RFC 8414).")

    public static let endpoints = EndpointList {
        create
        refresh
        token
        revoke
        introspect
        revokeToken
        introspectToken
        valid
        me
        keys
        trustUpdates
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
        addClient
        listClients
        rotateClient
        removeClient
        Smoke.endpoint
    }
}

extension Problem.Kind {
    /// The name, the password or the refresh token is wrong. A retry fails in the same way, and counts as an attempt.
    public static let credentialsWrong = Self("credentials_wrong", status: 401, title: "The credentials are wrong")
    /// The store of users and sessions cannot be reached. A retry is safe after ``Problem/retryAfter`` if the endpoint is
    /// idempotent or ``Problem/isUnprocessed`` is set; otherwise whether something changed is not known.
    public static let storeUnavailable = Self(
        "store_unavailable", status: 503, title: "The store is unavailable")
}
