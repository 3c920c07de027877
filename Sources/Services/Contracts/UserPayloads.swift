public import Endpoints

/// A user to be added.
public struct NewUser: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "user", .typedUserName,
            "The name: starts with a-z or 0-9; later . _ @ + - too. Capitals become small letters."),
        .required("password", .newPassword, "The password; common ones are refused."),
        .optional("permissions", .permissions, "The user's own permissions."),
        .optional("roles", .roles, "The user's roles, whose permissions are added."))

    public let user: String
    public let password: String
    public let permissions: [String]?
    public let roles: [String]?

    public init(user: String, password: String, permissions: [String]? = nil, roles: [String]? = nil) {
        self.user = user
        self.password = password
        self.permissions = permissions
        self.roles = roles
    }
}

/// A user by name.
public struct UserName: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(length: 1...128, example: "ada"), "The user's name."))

    public let user: String

    public init(_ user: String) {
        self.user = user
    }
}

/// A user without any secret.
public struct UserProfile: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "id", .string(example: "6f4de5a1-77c3-4b2e-9f0c-1d6a2f8f9b3e"),
            "The `sub` of the user's tokens. It is never another's, also if somebody gets the name later."),
        .required("user", .userName, "The name."),
        .required("permissions", .permissions, "The user's own permissions, sorted."),
        .required("roles", .roles, "The user's roles, sorted."),
        .required("locked", .boolean(example: false), "True if the user cannot log in."),
        .required(
            "failed_attempts", .integer(0...Int(Int32.max), example: 0), "Wrong passwords since the last right one."),
        .required("created", .moment, "The time at which the user was added."),
        .required("changed", .moment, "The time of the last change of password, permissions, roles or lock."))

    public let id: String
    public let user: String
    public let permissions: [String]
    public let roles: [String]
    public let locked: Bool
    public let failedAttempts: Int
    public let created: String
    public let changed: String

    public init(
        id: String, user: String, permissions: [String], roles: [String], locked: Bool, failedAttempts: Int,
        created: String, changed: String
    ) {
        self.id = id
        self.user = user
        self.permissions = permissions
        self.roles = roles
        self.locked = locked
        self.failedAttempts = failedAttempts
        self.created = created
        self.changed = changed
    }

    enum CodingKeys: String, CodingKey {
        case id, user, permissions, roles, locked, created, changed
        case failedAttempts = "failed_attempts"
    }
}

/// The page of a list to return.
public struct PageRequest: Payload, Equatable {
    public static let schema = Schema.object(
        .optional(
            "after", .string(length: 1...128, example: "ada"),
            "The `next` of the previous page; none for the first page."),
        .optional("limit", .integer(1...200, example: 50), "The maximum number of users; 50 by default."))

    public let after: String?
    public let limit: Int?

    public init(after: String? = nil, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }
}

/// A page of users.
public struct UserPage: Payload, Equatable {
    public static let schema = Schema.object(
        .required("users", .array(of: .payload(UserProfile.self)), "The users, by name."),
        .optional("next", .string(example: "eve"), "The `after` of the next page; missing on the last page."))

    public let users: [UserProfile]
    public let next: String?

    public init(users: [UserProfile], next: String?) {
        self.users = users
        self.next = next
    }
}

/// A new password for an old one.
public struct PasswordChange: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(length: 1...128, example: "ada"), "The user's name."),
        .required("old_password", .password, "The current password."),
        .required("new_password", .newPassword, "The password; common ones are refused."))

    public let user: String
    public let oldPassword: String
    public let newPassword: String

    public init(user: String, oldPassword: String, newPassword: String) {
        self.user = user
        self.oldPassword = oldPassword
        self.newPassword = newPassword
    }

    enum CodingKeys: String, CodingKey {
        case user
        case oldPassword = "old_password"
        case newPassword = "new_password"
    }
}

/// The new permissions of a user.
public struct PermissionChange: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(length: 1...128, example: "ada"), "The user's name."),
        .required("permissions", .permissions, "The user's own permissions."),
        .optional("roles", .roles, "The user's roles; unchanged by default."))

    public let user: String
    public let permissions: [String]
    public let roles: [String]?

    public init(user: String, permissions: [String], roles: [String]? = nil) {
        self.user = user
        self.permissions = permissions
        self.roles = roles
    }
}

/// All roles.
public struct RoleList: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "roles", .array(of: .payload(RoleProfile.self)), "The roles, by name."))

    public let roles: [RoleProfile]

    public init(roles: [RoleProfile]) {
        self.roles = roles
    }
}

/// A role.
public struct RoleProfile: Payload, Equatable {
    public static let schema = Schema.object(
        .required("name", .roleName, "The role's name."),
        .required("permissions", .array(of: .permission), "The role's permissions, sorted."))

    public let name: String
    public let permissions: [String]

    public init(name: String, permissions: [String]) {
        self.name = name
        self.permissions = permissions
    }
}
