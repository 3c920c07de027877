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
