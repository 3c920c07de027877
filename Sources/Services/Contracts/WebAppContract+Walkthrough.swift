public import Endpoints

extension WebAppContract {
    /// The calls of a visitor, a user and an administrator, in the order in which they work.
    public static let walkthrough: Walkthrough? = Walkthrough(
        .init(
            "Anyone", "These need no token: webapp has a guest's.",
            [
                step(Smoke.endpoint),
                step(services),
                step(calls),
                step(currentTime, token: nil, accepts: [.permissionDenied]),
                step(epochTime, token: nil, accepts: [.permissionDenied]),
                step(clock, token: nil, accepts: [.permissionDenied]),
            ]),
        .init(
            "A guest", "Guests exist if `GUEST_PERMISSIONS` is set at auth.",
            [
                step(signIn, keeps: ["token": "token"], accepts: [.permissionDenied]),
                step(session),
                step(signOut, ["token": "{{token}}"], clears: ["token"]),
            ]),
        .init(
            "A user", "Set `user` and `password` in the environment.",
            [
                step(
                    signIn, ["user": "{{user}}", "password": "{{password}}"],
                    keeps: ["token": "token", "refresh_token": "refresh_token"]),
                step(session, keeps: ["permissions": "permissions"]),
                step(
                    refresh, ["refresh_token": "{{refresh_token}}"],
                    keeps: ["token": "token", "refresh_token": "refresh_token"]),
            ]),
        .init(
            "An administrator", "The user holds the permission `users`. What is changed is a user that is made for it.",
            [
                step(listUsers),
                step(
                    addUser, ["user": "{{new_user}}", "password": "{{new_password}}"],
                    generates: ["new_user", "new_password"]),
                step(setPermissions, ["user": "{{new_user}}", "permissions": []]),
                step(lockUser, ["user": "{{new_user}}"]),
                step(unlockUser, ["user": "{{new_user}}"]),
                step(removeUser, ["user": "{{new_user}}"], clears: ["new_user", "new_password"]),
            ]),
        .init(
            "Log out", "Ends the user's session.",
            [
                step(
                    signOut, ["token": "{{refresh_token}}"],
                    clears: ["token", "refresh_token", "permissions"])
            ]),
        .init(
            "The comparison of wires", "It keeps the machine busy for some seconds.",
            [step(compare, accepts: [.conflict]), step(comparison)]))
}
