public import Endpoints
public import Tokens

/// Says who may do what: issues tokens, and publishes the keys that verify them.
public enum AuthContract: Contract {
    public static let name = "auth"
    public static let version = "1.0.0"
    public static let summary = "Issues tokens, and publishes the keys that verify them."

    public static let create = Endpoint<Credentials, TokenGrant>(
        "create", .post, "/api/v1/auth/create", status: 201, access: .open, deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .tooManyRequests],
        summary: "Makes a token for a user with a password, or for a guest where no user is named.")
    public static let valid = Endpoint<PermissionQuestion, Empty>(
        "valid", .get, "/api/v1/auth/valid", access: .token, problems: [.permissionDenied],
        summary: "Says whether the token permits the use of a resource; a 403 says that it does not.")
    public static let keys = Endpoint<Empty, KeySet>(
        "keys", .get, "/.well-known/jwks.json", envelope: false, access: .open,
        summary: "The public keys that verify tokens.")

    public static let endpoints = Endpoints {
        create
        valid
        keys
        Smoke.endpoint
    }
}

extension Problem.Kind {
    public static let credentialsWrong = Self("credentials_wrong", status: 401, title: "The credentials are wrong")
}

/// Who asks for a token. Without a user it is a guest.
public struct Credentials: Payload, Equatable {
    public static let schema = Schema.object(
        .optional("user", .string(length: 1...128, example: "ada"), "The user's name; without one, a guest asks."),
        .optional(
            "password", .string(length: 1...1024, format: .password, example: "correct horse battery staple"),
            "The user's password."))

    public static let guest = Credentials()

    public let user: String?
    public let password: String?

    public init(user: String? = nil, password: String? = nil) {
        self.user = user
        self.password = password
    }
}

/// A token, to be sent as `X-Token: …` or `Authorization: Bearer …`.
public struct TokenGrant: Payload, Equatable {
    public static let schema = Schema.object(
        .required("token", .string(example: "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl"), "A JSON Web Token (RFC 7519)."),
        .required("expires_in", .integer(1...86_400, example: 300), "For how many seconds it is valid."))

    public let token: String
    public let expiresIn: Int

    public init(token: String, expiresIn: Int) {
        self.token = token
        self.expiresIn = expiresIn
    }

    enum CodingKeys: String, CodingKey {
        case token
        case expiresIn = "expires_in"
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
