public import Endpoints

// For administrators on the page. Each is auth's endpoint of the same name, called with the caller's own token.
extension WebAppContract {
    public static let listUsers = Endpoint<PageRequest, UserPage>(
        "list_users", .get, "/api/v1/users", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth, summary: "Lists auth's users by name, page by page.")
    public static let addUser = Endpoint<NewUser, UserProfile>(
        "add_user", .post, "/api/v1/users", status: 201, access: .permission(AuthContract.Permission.users),
        deadline: .seconds(5), problems: passedOnByAuth + [.conflict, .tooManyRequests],
        summary: "Adds a user to auth, with no more permissions than the caller has.")
    public static let setPermissions = Endpoint<PermissionChange, UserProfile>(
        "set_permissions", .put, "/api/v1/users/{user}/permissions", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth + [.notFound, .conflict],
        summary: "Replaces the permissions and roles of a user.")
    public static let lockUser = Endpoint<UserName, UserProfile>(
        "lock_user", .post, "/api/v1/users/{user}/lock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: passedOnByAuth + [.notFound, .conflict],
        summary: "Locks a user and revokes all of its tokens.")
    public static let unlockUser = Endpoint<UserName, UserProfile>(
        "unlock_user", .post, "/api/v1/users/{user}/unlock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: passedOnByAuth + [.notFound], summary: "Unlocks a user.")
    public static let removeUser = Endpoint<UserName, Empty>(
        "remove_user", .delete, "/api/v1/users/{user}", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth + [.notFound, .conflict], summary: "Removes a user and revokes all of its tokens.")

    private static let passedOnByAuth: [Problem.Kind] = [.permissionDenied, .invalid, .unavailable, .storeUnavailable]
}
