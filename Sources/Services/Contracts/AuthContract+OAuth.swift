public import Endpoints

/// A request for tokens (RFC 6749, sections 4.3.2, 4.4.2 and 6). A client shows its secret here or in the head.
public struct TokenRequest: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "grant_type", .string(length: 1...128, example: "password"),
            "client_credentials, refresh_token or password."),
        .optional("username", .string(length: 1...128, example: "ada"), "The user's name, for a password."),
        .optional("password", .password, "The user's password."),
        .optional("refresh_token", .refreshToken, "A refresh token."),
        .optional(
            "scope", .string(length: 1...4096, example: "time"),
            "The permissions that the token is to have, with spaces between; by default all."),
        .clientID, .clientSecret)

    public let grantType: String
    public var username: String?
    public var password: String?
    public var refreshToken: String?
    public var scope: String?
    public var clientID: String?
    public var clientSecret: String?

    public init(_ grantType: String) {
        self.grantType = grantType
    }

    /// A request of a client that acts for itself (RFC 6749, section 4.4).
    public static func clientCredentials(_ id: String, secret: String) -> TokenRequest {
        var request = TokenRequest("client_credentials")
        (request.clientID, request.clientSecret) = (id, secret)
        return request
    }

    enum CodingKeys: String, CodingKey {
        case grantType = "grant_type"
        case username, password, scope
        case refreshToken = "refresh_token"
        case clientID = "client_id"
        case clientSecret = "client_secret"
    }
}

/// A token to be ended or judged (RFC 7009, section 2.1; RFC 7662, section 2.1). A client shows its secret here or in the head.
/// Access tokens and refresh tokens are distinguished without `token_type_hint`.
public struct TokenQuestion: Payload, Equatable {
    public static let schema = Schema.object(
        .required("token", .anyToken, "An access token or a refresh token."), .clientID, .clientSecret)

    public let token: String
    public var clientID: String?
    public var clientSecret: String?

    public init(_ token: String) {
        self.token = token
    }

    enum CodingKeys: String, CodingKey {
        case token
        case clientID = "client_id"
        case clientSecret = "client_secret"
    }
}

extension Schema.Field {
    fileprivate static let clientID = optional(
        "client_id", .string(length: 1...128, example: "reports"), "The client's id.")
    fileprivate static let clientSecret = optional(
        "client_secret", .string(length: 1...1024, example: "2kZ8d1yq0H6oV5n3cJ4uWl7s"), "The client's secret.")
}

/// Tokens (RFC 6749, section 5.1).
public struct TokenResponse: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "access_token", .string(example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"), "A JSON Web Token (RFC 9068)."),
        .required("token_type", .string(values: ["Bearer"], example: "Bearer"), "How it is sent (RFC 6750)."),
        .required("expires_in", .integer(1...86_400, example: 300), "How many seconds it is valid."),
        .required("scope", .string(example: "greet time"), "What it permits, with spaces between."),
        .optional("refresh_token", .refreshToken, "Gets the next tokens, once; a client that acts for itself has none.")
    )

    public let accessToken: String
    public let tokenType: String
    public let expiresIn: Int
    public let scope: String
    public let refreshToken: String?

    public init(accessToken: String, expiresIn: Int, scope: String, refreshToken: String? = nil) {
        self.accessToken = accessToken
        tokenType = "Bearer"
        self.expiresIn = expiresIn
        self.scope = scope
        self.refreshToken = refreshToken
    }

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case scope
        case refreshToken = "refresh_token"
    }
}

/// The errors of RFC 6749, section 5.2, and RFC 6750, section 3.1.
extension Problem.Kind {
    /// The password or the refresh token is not accepted, or belongs to another client. A retry fails in the same way.
    public static let invalidGrant = Self("invalid_grant", status: 400, title: "The password or the token is wrong")
    /// The client is unknown or locked, or its secret is missing or wrong. A retry fails in the same way.
    public static let invalidClient = Self("invalid_client", status: 401, title: "The client's id or secret is wrong")
    /// The scope has permissions that the user or the client does not hold. A retry fails in the same way.
    public static let invalidScope = Self("invalid_scope", status: 400, title: "The scope is more than may be granted")
    /// The caller lacks the permission `introspect`. A retry fails in the same way.
    public static let insufficientScope = Self("insufficient_scope", status: 403, title: "The scope is not enough")
    /// The server has no such `grant_type`. A retry fails in the same way.
    public static let unsupportedGrantType = Self(
        "unsupported_grant_type", status: 400, title: "This kind of grant is not supported")
}

/// The endpoints of this server (RFC 8414, section 2). Its clients require an issuer that is the server's https URL: for
/// them `AUTH_PUBLIC_URL` and `TOKEN_ISSUER` are that.
public struct AuthMetadata: Payload, Equatable {
    private static let base = "http://127.0.0.1:5040"
    private static let methods = Schema.array(of: .string(example: "client_secret_basic"))
    public static let schema = Schema.object(
        .required("issuer", .string(example: "starmicroservices-auth"), "What tokens carry in `iss`."),
        .required("jwks_uri", .uri(base + "/.well-known/jwks.json"), "The keys that verify tokens."),
        .required("token_endpoint", .uri(base + "/oauth/token"), "Makes tokens."),
        .required(
            "refresh_endpoint", .uri(base + "/api/v1/auth/refresh"), "Makes tokens for a refresh token, in JSON."),
        .required("revocation_endpoint", .uri(base + "/oauth/revoke"), "Ends tokens (RFC 7009)."),
        .required(
            "introspection_endpoint", .uri(base + "/oauth/introspect"),
            "Judges tokens (RFC 7662), for clients and bearers who hold the permission `introspect`."),
        .required("service_documentation", .uri(base + "/docs"), "For people."),
        .required("scopes_supported", .array(of: .string(example: "time")), "All permissions that there are."),
        .required("grant_types_supported", .array(of: .string(example: "password")), "What tokens are made for."),
        .required(
            "response_types_supported", .array(of: .string(example: "none")),
            "None: there is no endpoint for authorization in a browser."),
        .required(
            "id_token_signing_alg_values_supported", .array(of: .string(example: "EdDSA")),
            "How tokens are signed: clients of OpenID Connect take RS256 for granted without. No ID tokens are made."),
        .required(
            "subject_types_supported", .array(of: .string(example: "public")),
            "Public: `sub` is the same for everybody (OpenID Connect Core 1.0, section 8)."),
        .required("token_endpoint_auth_methods_supported", methods, "How a client shows its secret; others need none."),
        .required(
            "revocation_endpoint_auth_methods_supported", methods, "How a client shows its secret; others need none."),
        .required(
            "introspection_endpoint_auth_methods_supported", methods,
            "How a client shows its secret; others show a token."))

    public let issuer: String
    public let jwksURI: String
    public let tokenEndpoint: String
    public let refreshEndpoint: String
    public let revocationEndpoint: String
    public let introspectionEndpoint: String
    public let serviceDocumentation: String
    public let scopes: [String]
    public let grantTypes: [String]
    public var responseTypes = ["none"]
    public var signingAlgorithms = ["EdDSA"]
    public var subjectTypes = ["public"]
    public var tokenAuthMethods = ["client_secret_basic", "client_secret_post", "none"]
    public var revocationAuthMethods = ["client_secret_basic", "client_secret_post", "none"]
    public var introspectionAuthMethods = ["client_secret_basic", "client_secret_post", "Bearer"]

    /// - Parameters:
    ///   - url: how the world reaches auth, without a last slash.
    ///   - scopes: all permissions that there are.
    ///   - takesPasswords: whether a user's password is a grant.
    public init(issuer: String, url: String, scopes: Set<String>, takesPasswords: Bool) {
        func at(_ endpoint: EndpointDescriptor) -> String { url + endpoint.http.path.description }
        self.issuer = issuer
        jwksURI = at(AuthContract.keys.description)
        tokenEndpoint = at(AuthContract.token.description)
        refreshEndpoint = at(AuthContract.refresh.description)
        revocationEndpoint = at(AuthContract.revokeToken.description)
        introspectionEndpoint = at(AuthContract.introspectToken.description)
        serviceDocumentation = url + "/docs"
        self.scopes = scopes.sorted()
        grantTypes = ["client_credentials", "refresh_token"] + (takesPasswords ? ["password"] : [])
    }

    enum CodingKeys: String, CodingKey {
        case issuer
        case jwksURI = "jwks_uri"
        case tokenEndpoint = "token_endpoint"
        case refreshEndpoint = "refresh_endpoint"
        case revocationEndpoint = "revocation_endpoint"
        case introspectionEndpoint = "introspection_endpoint"
        case serviceDocumentation = "service_documentation"
        case scopes = "scopes_supported"
        case grantTypes = "grant_types_supported"
        case responseTypes = "response_types_supported"
        case signingAlgorithms = "id_token_signing_alg_values_supported"
        case subjectTypes = "subject_types_supported"
        case tokenAuthMethods = "token_endpoint_auth_methods_supported"
        case revocationAuthMethods = "revocation_endpoint_auth_methods_supported"
        case introspectionAuthMethods = "introspection_endpoint_auth_methods_supported"
    }
}
