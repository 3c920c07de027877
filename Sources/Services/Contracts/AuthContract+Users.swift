public import Endpoints

// What administrators do, and what users do for themselves. What cannot be undone asks for a token that is good at this
// moment.
extension AuthContract {
    public static let addUser = Endpoint<NewUser, UserProfile>(
        "add_user", .post, "/api/v1/auth/users", status: 201, access: .permission(Permission.users, fresh: true),
        deadline: .seconds(5), problems: [.permissionDenied, .conflict, .invalid, .tooManyRequests, .storeUnavailable],
        summary: "Adds a user, who may do no more than whoever adds it.")
    public static let listUsers = Endpoint<PageRequest, UserPage>(
        "list_users", .get, "/api/v1/auth/users", access: .permission(Permission.users),
        problems: [.permissionDenied, .storeUnavailable], summary: "Lists the users by name, page by page.")
    public static let showUser = Endpoint<UserName, UserProfile>(
        "show_user", .get, "/api/v1/auth/users/{user}", access: .token,
        problems: [.permissionDenied, .notFound, .storeUnavailable],
        summary: "Shows a user to itself and to those who may change users.")
    public static let changePassword = Endpoint<PasswordChange, Empty>(
        "change_password", .put, "/api/v1/auth/users/{user}/password", access: .token, idempotent: false,
        deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .invalid, .tooManyRequests, .storeUnavailable],
        summary: "Changes one's own password, with the old one. All tokens end; log in anew.")
    public static let setPermissions = Endpoint<PermissionChange, UserProfile>(
        "set_permissions", .put, "/api/v1/auth/users/{user}/permissions",
        access: .permission(Permission.users, fresh: true),
        problems: [.permissionDenied, .notFound, .conflict, .invalid, .storeUnavailable],
        summary: "Gives a user other permissions and roles in place of all it has; nobody grants what they do not hold."
    )
    public static let lockUser = Endpoint<UserName, UserProfile>(
        "lock_user", .post, "/api/v1/auth/users/{user}/lock", access: .permission(Permission.users, fresh: true),
        idempotent: true,
        problems: [.permissionDenied, .notFound, .conflict, .storeUnavailable],
        summary: "Locks a user out, and ends all of its tokens.")
    public static let unlockUser = Endpoint<UserName, UserProfile>(
        "unlock_user", .post, "/api/v1/auth/users/{user}/unlock", access: .permission(Permission.users, fresh: true),
        idempotent: true, problems: [.permissionDenied, .notFound, .storeUnavailable], summary: "Lets a user in again.")
    public static let removeUser = Endpoint<UserName, Empty>(
        "remove_user", .delete, "/api/v1/auth/users/{user}", access: .permission(Permission.users, fresh: true),
        problems: [.permissionDenied, .notFound, .conflict, .storeUnavailable],
        summary: "Removes a user, and ends all of its tokens.")
    public static let listRoles = Endpoint<Empty, RoleList>(
        "list_roles", .get, "/api/v1/auth/roles", access: .permission(Permission.users),
        problems: [.permissionDenied, .storeUnavailable], summary: "Lists the roles and what they permit.")
}

/// Somebody to be added.
public struct NewUser: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .userName, "The name: a-z and 0-9 at its beginning, then . _ @ - as well."),
        .required("password", .newPassword, "None of those that everybody tries first."),
        .optional("permissions", .permissions, "What the user may do."),
        .optional("roles", .roles, "The user's roles, which permit more."))

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
        .required("user", .userName, "The name."),
        .required("permissions", .permissions, "What the user may do without its roles, in order."),
        .required("roles", .roles, "The user's roles, in order."),
        .required("locked", .boolean(example: false), "Whether no password is right for now."),
        .required(
            "failed_attempts", .integer(0...Int(Int32.max), example: 0), "Wrong passwords since the last right one."),
        .required("created", .moment, "When the user was added."),
        .required("changed", .moment, "When password, permissions, roles or lock were last changed."))

    public let user: String
    public let permissions: [String]
    public let roles: [String]
    public let locked: Bool
    public let failedAttempts: Int
    public let created: String
    public let changed: String

    public init(
        user: String, permissions: [String], roles: [String], locked: Bool, failedAttempts: Int, created: String,
        changed: String
    ) {
        self.user = user
        self.permissions = permissions
        self.roles = roles
        self.locked = locked
        self.failedAttempts = failedAttempts
        self.created = created
        self.changed = changed
    }

    enum CodingKeys: String, CodingKey {
        case user, permissions, roles, locked, created, changed
        case failedAttempts = "failed_attempts"
    }
}

/// Which page of a list.
public struct PageRequest: Payload, Equatable {
    public static let schema = Schema.object(
        .optional(
            "after", .string(length: 1...128, example: "ada"), "The `next` of the page before; none for the first."),
        .optional("limit", .integer(1...200, example: 50), "How many at most; 50, unless told."))

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
        .required("users", .array(of: UserProfile.schema), "By name."),
        .optional("next", .string(example: "eve"), "Where the next page begins; not there on the last one."))

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
        .required("old_password", .password, "The password as it is."),
        .required("new_password", .newPassword, "None of those that everybody tries first."))

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

/// What a user may do from now on.
public struct PermissionChange: Payload, Equatable {
    public static let schema = Schema.object(
        .required("user", .string(length: 1...128, example: "ada"), "The user's name."),
        .required("permissions", .permissions, "What the user may do without its roles."),
        .optional("roles", .roles, "The user's roles; as they are, unless told."))

    public let user: String
    public let permissions: [String]
    public let roles: [String]?

    public init(user: String, permissions: [String], roles: [String]? = nil) {
        self.user = user
        self.permissions = permissions
        self.roles = roles
    }
}

/// The roles there are.
public struct RoleList: Payload, Equatable {
    public static let schema = Schema.object(
        .required(
            "roles",
            .array(
                of: .object(
                    .required("name", .roleName, "The role's name."),
                    .required("permissions", .array(of: .permission), "What it permits, in order."))), "By name."))

    public struct Entry: Codable, Sendable, Equatable {
        public let name: String
        public let permissions: [String]

        public init(name: String, permissions: [String]) {
            self.name = name
            self.permissions = permissions
        }
    }

    public let roles: [Entry]

    public init(roles: [Entry]) {
        self.roles = roles
    }
}

extension Schema {
    package static let userName = Schema.string(length: 1...128, pattern: "[a-z0-9][a-z0-9._@-]*", example: "ada")
    package static let roleName = Schema.string(length: 1...64, pattern: "[a-z0-9][a-z0-9._-]*", example: "clerk")
    static let newPassword = Schema.string(
        length: 8...1024, format: .password, example: "correct horse battery staple")
    static let permissions = Schema.array(of: .permission, count: 0...64)
    static let roles = Schema.array(of: .roleName, count: 0...16)
}
