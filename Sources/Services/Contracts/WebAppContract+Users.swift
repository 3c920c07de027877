public import Endpoints

// What administrators do on the page. Each is auth's endpoint of the same name, passed on with the caller's own token.
extension WebAppContract {
    public static let listUsers = Endpoint<PageRequest, UserPage>(
        "list_users", .get, "/api/v1/users", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth, summary: "Lists auth's users by name, page by page.")
    public static let addUser = Endpoint<NewUser, UserProfile>(
        "add_user", .post, "/api/v1/users", status: 201, access: .permission(AuthContract.Permission.users),
        deadline: .seconds(5), problems: passedOnByAuth + [.conflict, .tooManyRequests],
        summary: "Adds a user to auth's, who may do no more than whoever adds it.")
    public static let setPermissions = Endpoint<PermissionChange, UserProfile>(
        "set_permissions", .put, "/api/v1/users/{user}/permissions", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth + [.notFound, .conflict],
        summary: "Gives a user other permissions and roles in place of all it has.")
    public static let lockUser = Endpoint<UserName, UserProfile>(
        "lock_user", .post, "/api/v1/users/{user}/lock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: passedOnByAuth + [.notFound, .conflict],
        summary: "Locks a user out, and ends all of its tokens.")
    public static let unlockUser = Endpoint<UserName, UserProfile>(
        "unlock_user", .post, "/api/v1/users/{user}/unlock", access: .permission(AuthContract.Permission.users),
        idempotent: true, problems: passedOnByAuth + [.notFound], summary: "Lets a user in again.")
    public static let removeUser = Endpoint<UserName, Empty>(
        "remove_user", .delete, "/api/v1/users/{user}", access: .permission(AuthContract.Permission.users),
        problems: passedOnByAuth + [.notFound, .conflict], summary: "Removes a user, and ends all of its tokens.")

    private static let passedOnByAuth: [Problem.Kind] = [.permissionDenied, .invalid, .unavailable, .storeUnavailable]
}
