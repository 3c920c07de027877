public import Endpoints

// For administrators, and for users themselves. Irreversible operations introspect the token.
extension AuthContract {
    /// Adds a user with no more permissions than the caller has. A retry after a lost reply throws
    /// ``Problem/Kind/conflict``.
    public static let addUser = Endpoint<NewUser, UserProfile>(
        "add_user", .post, "/api/v1/auth/users", status: 201, access: .permission(Permission.users, introspect: true),
        deadline: .seconds(5), problems: [.permissionDenied, .conflict, .invalid, .tooManyRequests, .storeUnavailable],
        summary: "Adds a user, with no more permissions than the caller has.")
    /// Returns the users by name, 50 at a time by default.
    public static let listUsers = Endpoint<PageRequest, UserPage>(
        "list_users", .get, "/api/v1/auth/users", access: .permission(Permission.users),
        problems: [.permissionDenied, .storeUnavailable], summary: "Lists the users by name, page by page.")
    /// Returns a user, to administrators and to that user.
    public static let showUser = Endpoint<UserName, UserProfile>(
        "show_user", .get, "/api/v1/auth/users/{user}", access: .token,
        problems: [.permissionDenied, .notFound, .storeUnavailable],
        summary: "Returns a user, to that user and to administrators.")
    /// Changes the caller's password and revokes all tokens of the caller, the one shown included. A retry after a lost
    /// reply shows an old password that is no longer right.
    public static let changePassword = Endpoint<PasswordChange, Empty>(
        "change_password", .put, "/api/v1/auth/users/{user}/password", access: .token, idempotent: false,
        deadline: .seconds(5),
        problems: [.credentialsWrong, .permissionDenied, .invalid, .tooManyRequests, .storeUnavailable],
        summary: "Changes the caller's own password and revokes all of its tokens.")
    /// Replaces the permissions of a user, and the roles if there are any in the request. A retry is safe.
    public static let setPermissions = Endpoint<PermissionChange, UserProfile>(
        "set_permissions", .put, "/api/v1/auth/users/{user}/permissions",
        access: .permission(Permission.users, introspect: true),
        problems: [.permissionDenied, .notFound, .conflict, .invalid, .storeUnavailable],
        summary: "Replaces the permissions and roles of a user, with no more than the caller has."
    )
    /// Locks a user and revokes the user's tokens. A retry is safe.
    public static let lockUser = Endpoint<UserName, UserProfile>(
        "lock_user", .post, "/api/v1/auth/users/{user}/lock", access: .permission(Permission.users, introspect: true),
        idempotent: true,
        problems: [.permissionDenied, .notFound, .conflict, .storeUnavailable],
        summary: "Locks a user and revokes all of its tokens.")
    /// Unlocks a user. A retry is safe.
    public static let unlockUser = Endpoint<UserName, UserProfile>(
        "unlock_user", .post, "/api/v1/auth/users/{user}/unlock",
        access: .permission(Permission.users, introspect: true),
        idempotent: true, problems: [.permissionDenied, .notFound, .storeUnavailable], summary: "Unlocks a user.")
    /// Removes a user and revokes the user's tokens. A retry after a lost reply throws ``Problem/Kind/notFound``.
    public static let removeUser = Endpoint<UserName, Empty>(
        "remove_user", .delete, "/api/v1/auth/users/{user}", access: .permission(Permission.users, introspect: true),
        problems: [.permissionDenied, .notFound, .conflict, .storeUnavailable],
        summary: "Removes a user and revokes all of its tokens.")
    /// Returns the roles and their permissions.
    public static let listRoles = Endpoint<Empty, RoleList>(
        "list_roles", .get, "/api/v1/auth/roles", access: .permission(Permission.users),
        problems: [.permissionDenied, .storeUnavailable], summary: "Lists the roles and their permissions.")
}

extension Schema {
    package static let userName = Schema.string(length: 1...128, pattern: "[a-z0-9][a-z0-9._@+-]*", example: "ada")
    /// A user's name as people type it.
    static let typedUserName = Schema.string(
        length: 1...128, pattern: "[A-Za-z0-9][A-Za-z0-9._@+-]*", example: "ada")
    package static let roleName = Schema.string(length: 1...64, pattern: "[a-z0-9][a-z0-9._-]*", example: "clerk")
    static let newPassword = Schema.string(
        length: 8...1024, format: .password, example: "correct horse battery staple")
    static let permissions = Schema.array(of: .permission, count: 0...64)
    static let roles = Schema.array(of: .roleName, count: 0...16)
}
