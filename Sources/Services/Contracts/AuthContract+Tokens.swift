public import Endpoints

/// Who asks for a token. Without a user it is a guest.
public struct Credentials: Payload, Equatable {
    public static let schema = Schema.object(
        .optional("user", .string(length: 1...128, example: "ada"), "The user's name; without one, a guest asks."),
        .optional("password", .password, "The user's password."))

    public static let guest = Credentials()

    public let user: String?
    public let password: String?

    public init(user: String? = nil, password: String? = nil) {
        self.user = user
        self.password = password
    }
}

/// A token, to be sent as `X-Token: …` or `Authorization: Bearer …`, and what to get the next one with.
public struct TokenGrant: Payload, Equatable {
    public static let schema = Schema.object(
        .required("token", .string(example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"), "A JSON Web Token (RFC 7519)."),
        .required("expires_in", .integer(1...86_400, example: 300), "For how many seconds it is valid."),
        .optional("refresh_token", .refreshToken, "What gets the next token, once; a guest has none."),
        .optional(
            "refresh_expires_in", .integer(1...31_536_000, example: 1_209_600),
            "For how many seconds the refresh token is valid."))

    public let token: String
    public let expiresIn: Int
    public let refreshToken: String?
    public let refreshExpiresIn: Int?

    public init(token: String, expiresIn: Int, refreshToken: String? = nil, refreshExpiresIn: Int? = nil) {
        self.token = token
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
    }

    enum CodingKeys: String, CodingKey {
        case token
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
        case refreshExpiresIn = "refresh_expires_in"
    }
}

/// Asks for new tokens.
public struct RefreshRequest: Payload, Equatable {
    public static let schema = Schema.object(
        .required("refresh_token", .refreshToken, "The refresh token that came with the last token."))

    public let refreshToken: String

    public init(refreshToken: String) {
        self.refreshToken = refreshToken
    }

    enum CodingKeys: String, CodingKey {
        case refreshToken = "refresh_token"
    }
}

/// Asks to end a token. Of a token that is none, nothing is said: it is good for nothing already.
public struct RevocationRequest: Payload, Equatable {
    public static let schema = Schema.object(.required("token", .anyToken, "An access token or a refresh token."))

    public let token: String

    public init(token: String) {
        self.token = token
    }
}

/// Asks what a token is worth.
public struct IntrospectionRequest: Payload, Equatable {
    public static let schema = Schema.object(.required("token", .anyToken, "An access token or a refresh token."))

    public let token: String

    public init(token: String) {
        self.token = token
    }
}

/// What a token is worth (RFC 7662, section 2.2). Of one that is worth nothing, nothing else is said.
public struct Introspection: Payload, Equatable {
    public static let schema = Schema.object(
        .required("active", .boolean(example: true), "Whether the token is accepted at this moment."),
        .optional(
            "token_type", .string(values: ["Bearer", "refresh_token"], example: "Bearer"), "Bearer is an access token."),
        .optional("sub", .string(example: "ada"), "Whose it is."),
        .optional("scope", .string(example: "greet time"), "What it permits, with spaces between."),
        .optional("exp", .integer(example: 1_574_653_497), "When it ends, in seconds since 1970."),
        .optional("jti", .string(example: "0jVtYPBQPHS0bQFbEYKkzw"), "Its name."),
        .optional("iss", .string(example: "starmicroservices-auth"), "Who has made it."),
        .optional("aud", .string(example: "starmicroservices"), "Whom it is for."))

    public static let inactive = Introspection(active: false)

    public let active: Bool
    public var tokenType: String?
    public var sub: String?
    public var scope: String?
    public var exp: Int?
    public var jti: String?
    public var iss: String?
    public var aud: String?

    public init(active: Bool) {
        self.active = active
    }

    enum CodingKeys: String, CodingKey {
        case active, sub, scope, exp, jti, iss, aud
        case tokenType = "token_type"
    }
}

/// Asks whether the token at hand permits something.
public struct PermissionQuestion: Payload, Equatable {
    public static let schema = Schema.object(
        .required("resource", .string(length: 1...128, example: "time"), "The permission that is asked about."))

    public let resource: String

    public init(resource: String) {
        self.resource = resource
    }
}

/// Whose token it is.
public struct Identity: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(example: "ada"), "The user's name, or guest."),
        .required("permissions", .array(of: .permission), "What the token permits, in order."),
        .required("expires", .moment, "When the token ends."))

    public let user: String
    public let permissions: [String]
    public let expires: String

    public init(user: String, permissions: [String], expires: String) {
        self.user = user
        self.permissions = permissions
        self.expires = expires
    }
}

/// Where the endpoints are, in the words of RFC 8414, section 2. Its clients want an issuer that is the server's https URL:
/// for them `AUTH_PUBLIC_URL` and `TOKEN_ISSUER` are that.
public struct AuthMetadata: Payload, Equatable {
    private static let base = "http://127.0.0.1:5040"
    public static let schema = Schema.object(
        .required("issuer", .string(example: "starmicroservices-auth"), "What tokens carry in `iss`."),
        .required("jwks_uri", .uri(base + "/.well-known/jwks.json"), "The keys that verify tokens."),
        .required("token_endpoint", .uri(base + "/api/v1/auth/create"), "Makes tokens for a password."),
        .required("refresh_endpoint", .uri(base + "/api/v1/auth/refresh"), "Makes tokens for a refresh token."),
        .required("revocation_endpoint", .uri(base + "/api/v1/auth/revoke"), "Ends tokens; takes JSON."),
        .required("introspection_endpoint", .uri(base + "/api/v1/auth/introspect"), "Judges tokens; takes JSON."),
        .required("service_documentation", .uri(base + "/docs"), "For people."),
        .required(
            "grant_types_supported", .array(of: .string(example: "password")), "What tokens are made for."),
        .required(
            "response_types_supported", .array(of: .string(example: "token")),
            "None: there is no endpoint for authorization in a browser."),
        .required(
            "token_endpoint_auth_methods_supported", .array(of: .string(example: "none")),
            "None: no program is registered."))

    public let issuer: String
    public let jwksURI: String
    public let tokenEndpoint: String
    public let refreshEndpoint: String
    public let revocationEndpoint: String
    public let introspectionEndpoint: String
    public let serviceDocumentation: String
    public var grantTypes = ["password", "refresh_token"]
    public var responseTypes: [String] = []
    public var authMethods = ["none"]

    /// - Parameter url: how the world reaches auth, without a last slash.
    public init(issuer: String, url: String) {
        func at(_ endpoint: EndpointDescription) -> String { url + endpoint.http.path.description }
        self.issuer = issuer
        jwksURI = at(AuthContract.keys.description)
        tokenEndpoint = at(AuthContract.create.description)
        refreshEndpoint = at(AuthContract.refresh.description)
        revocationEndpoint = at(AuthContract.revoke.description)
        introspectionEndpoint = at(AuthContract.introspect.description)
        serviceDocumentation = url + "/docs"
    }

    enum CodingKeys: String, CodingKey {
        case issuer
        case jwksURI = "jwks_uri"
        case tokenEndpoint = "token_endpoint"
        case refreshEndpoint = "refresh_endpoint"
        case revocationEndpoint = "revocation_endpoint"
        case introspectionEndpoint = "introspection_endpoint"
        case serviceDocumentation = "service_documentation"
        case grantTypes = "grant_types_supported"
        case responseTypes = "response_types_supported"
        case authMethods = "token_endpoint_auth_methods_supported"
    }
}

extension Schema {
    static let password = Schema.string(
        length: 1...1024, format: .password, example: "correct horse battery staple")
    package static let permission = Schema.string(length: 1...64, pattern: "[A-Za-z0-9_.:-]+", example: "time")
    static let moment = Schema.string(format: .dateTime, example: "2019-11-25T03:39:57+00:00")
    static let refreshToken = Schema.string(
        length: 1...128, example: "2kZ8d1yq0H6oV5n3cJ4uWl7sTe9xQbRmAgFpKiLzXvY")
    static let anyToken = Schema.string(length: 1...4096, example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl")

    static func uri(_ example: String) -> Schema { .string(format: .uri, example: example) }
}

/// Says what a verifier knows already of what ``AuthContract/changes`` tells. Without that, it is told everything.
public struct ChangesQuestion: Payload, Equatable {
    public static let schema = Schema.object(
        .optional("series", .string(length: 1...64, example: "k3vJ8Q"), "The name of the series that is known."),
        .optional("since", .integer(0...9_007_199_254_740_991, example: 41), "How many changes of it are known."))

    public let series: String?
    public let since: Int?

    public init(series: String? = nil, since: Int? = nil) {
        self.series = series
        self.since = since
    }
}
