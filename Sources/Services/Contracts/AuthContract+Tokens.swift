public import Endpoints

/// The credentials of a login. Without a user it is a guest's.
public struct Credentials: Payload, Equatable {
    public static let schema = Schema.object(
        .optional("user", .string(length: 1...128, example: "ada"), "The user's name; none for a guest."),
        .optional("password", .password, "The user's password."))

    public static let guest = Credentials()

    public let user: String?
    public let password: String?

    public init(user: String? = nil, password: String? = nil) {
        self.user = user
        self.password = password
    }
}

/// A token, to be sent as `X-Token: …` or `Authorization: Bearer …`, and a refresh token for the next one.
public struct TokenGrant: Payload, Equatable {
    public static let schema = Schema.object(
        .required("token", .string(example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"), "A JSON Web Token (RFC 7519)."),
        .required("expires_in", .integer(1...86_400, example: 300), "The seconds for which it is valid."),
        .optional("refresh_token", .refreshToken, "A single-use token for the next token; guests have none."),
        .optional(
            "refresh_expires_in", .integer(1...31_536_000, example: 1_209_600),
            "The seconds for which the refresh token is valid."))

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

/// A request for new tokens.
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

/// A request to revoke a token. An invalid token is no error: it needs no revocation.
public struct RevocationRequest: Payload, Equatable {
    public static let schema = Schema.object(.required("token", .anyToken, "An access token or a refresh token."))

    public let token: String

    public init(token: String) {
        self.token = token
    }
}

/// A request to introspect a token.
public struct IntrospectionRequest: Payload, Equatable {
    public static let schema = Schema.object(.required("token", .anyToken, "An access token or a refresh token."))

    public let token: String

    public init(token: String) {
        self.token = token
    }
}

/// The state of a token (RFC 7662, section 2.2). An invalid token has no other fields.
public struct Introspection: Payload, Equatable {
    public static let schema = Schema.object(
        .required("active", .boolean(example: true), "True if the token is valid now."),
        .optional(
            "token_type", .string(values: ["Bearer", "refresh_token"], example: "Bearer"),
            "The kind of token: Bearer for an access token."),
        .optional(
            "sub", .string(example: "6f4de5a1-77c3-4b2e-9f0c-1d6a2f8f9b3e"), "The owner's id, which is never another's."
        ),
        .optional("username", .string(example: "ada"), "The owner's name."),
        .optional("scope", .string(example: "greet time"), "The permissions, separated by spaces."),
        .optional("exp", .integer(example: 1_574_653_497), "The time at which it expires, in seconds since 1970."),
        .optional("jti", .string(example: "0jVtYPBQPHS0bQFbEYKkzw"), "The token's id."),
        .optional("iss", .string(example: "starmicroservices-auth"), "The issuer."),
        .optional("aud", .string(example: "starmicroservices"), "The audience."))

    public static let inactive = Introspection(active: false)

    public let active: Bool
    public var tokenType: String?
    public var sub: String?
    public var username: String?
    public var scope: String?
    public var exp: Int?
    public var jti: String?
    public var iss: String?
    public var aud: String?

    public init(active: Bool) {
        self.active = active
    }

    enum CodingKeys: String, CodingKey {
        case active, sub, username, scope, exp, jti, iss, aud
        case tokenType = "token_type"
    }
}

/// A permission to check the caller's token for.
public struct PermissionQuestion: Payload, Equatable {
    public static let schema = Schema.object(
        .required("resource", .string(length: 1...128, example: "time"), "The permission to check."))

    public let resource: String

    public init(resource: String) {
        self.resource = resource
    }
}

/// The user and the permissions of a token.
public struct Identity: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(example: "ada"), "The user's name, or guest."),
        .required("permissions", .array(of: .permission), "The token's permissions, sorted."),
        .required("expires", .moment, "The time at which the token expires."))

    public let user: String
    public let permissions: [String]
    public let expires: String

    public init(user: String, permissions: [String], expires: String) {
        self.user = user
        self.permissions = permissions
        self.expires = expires
    }
}

extension Schema {
    static let password = Schema.string(
        length: 1...1024, format: .password, example: "correct horse battery staple")
    package static let permission = Schema.string(length: 1...64, pattern: "[A-Za-z0-9_.:-]+", example: "time")
    static let moment = Schema.string(format: .dateTime, example: "2019-11-25T03:39:57+00:00")
    static let refreshToken = Schema.string(
        length: 1...128, example: "2kZ8d1yq0H6oV5n3cJ4uWl7sTe9xQbRmAgFpKiLzXvY")
    static let anyToken = Schema.string(length: 1...8192, example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl")

    static func uri(_ example: String) -> Schema { .string(format: .uri, example: example) }
}

/// The position of a verifier in ``AuthContract/changes``. Without one, it gets a full snapshot.
public struct TrustUpdatesRequest: Payload, Equatable {
    public static let schema = Schema.object(
        .optional("epoch", .string(length: 1...64, example: "k3vJ8Q"), "The id of the stream that is known."),
        .optional(
            "since", .integer(0...9_007_199_254_740_991, example: 41), "The number of the last change that is known."))

    public let epoch: String?
    public let since: Int?

    public init(epoch: String? = nil, since: Int? = nil) {
        self.epoch = epoch
        self.since = since
    }
}
