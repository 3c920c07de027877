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
