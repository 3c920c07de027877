public import Endpoints

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
