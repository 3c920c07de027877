public import Endpoints

extension AuthContract {
    /// The calls of a guest, a user and an administrator, in the order in which they work.
    public static let walkthrough: Walkthrough? = Walkthrough(
        .init(
            "Anyone", "These need no token.",
            [step(Smoke.endpoint), step(keys), step(trustUpdates), step(metadata)]),
        .init(
            "A guest", "Guests exist if `GUEST_PERMISSIONS` is set.",
            [
                step(create, keeps: ["token": "token"], accepts: [.permissionDenied]),
                step(valid, accepts: [.permissionDenied]),
                step(me),
                step(revoke, ["token": "{{token}}"], clears: ["token"]),
            ]),
        .init(
            "A user", "Set `user` and `password` in the environment.",
            [
                step(
                    create, ["user": "{{user}}", "password": "{{password}}"],
                    keeps: ["token": "token", "refresh_token": "refresh_token"]),
                step(me, keeps: ["permissions": "permissions"]),
                step(showUser, ["user": "{{user}}"]),
                step(
                    refresh, ["refresh_token": "{{refresh_token}}"],
                    keeps: ["token": "token", "refresh_token": "refresh_token"]),
            ]),
        .init(
            "An administrator", "The user holds the permission `users`. What is changed is a user that is made for it.",
            [
                step(listUsers),
                step(listRoles),
                step(introspect, ["token": "{{token}}"]),
                step(
                    addUser, ["user": "{{new_user}}", "password": "{{new_password}}"],
                    generates: ["new_user", "new_password"]),
                step(showUser, ["user": "{{new_user}}"]),
                step(setPermissions, ["user": "{{new_user}}", "permissions": []]),
                step(lockUser, ["user": "{{new_user}}"]),
                step(unlockUser, ["user": "{{new_user}}"]),
                step(
                    create, ["user": "{{new_user}}", "password": "{{new_password}}"], token: nil,
                    keeps: ["token": "new_token"]),
                step(
                    changePassword,
                    [
                        "user": "{{new_user}}", "old_password": "{{new_password}}",
                        "new_password": "{{new_password}}-changed",
                    ],
                    token: "new_token", clears: ["new_token"]),
                step(removeUser, ["user": "{{new_user}}"], clears: ["new_user", "new_password"]),
                step(
                    addClient, ["client": "{{new_client}}"], keeps: ["secret": "new_secret"],
                    generates: ["new_client"]),
                step(
                    token,
                    [
                        "grant_type": "client_credentials", "client_id": "{{new_client}}",
                        "client_secret": "{{new_secret}}",
                    ]),
                step(
                    introspectToken,
                    ["token": "{{token}}", "client_id": "{{new_client}}", "client_secret": "{{new_secret}}"],
                    accepts: [.insufficientScope]),
                step(
                    revokeToken,
                    ["token": "nobody's", "client_id": "{{new_client}}", "client_secret": "{{new_secret}}"]),
                step(listClients),
                step(rotateClient, ["client": "{{new_client}}"]),
                step(removeClient, ["client": "{{new_client}}"], clears: ["new_client", "new_secret"]),
            ]),
        .init(
            "Log out", "Ends the user's session.",
            [
                step(
                    revoke, ["token": "{{refresh_token}}"],
                    clears: ["token", "refresh_token", "permissions"])
            ]))
}

extension Walkthrough {
    /// All endpoints of a service in the order of its contract, with a guest's token from auth if one of them reads tokens.
    public init(asGuest contract: ContractDescriptor) {
        let endpoints = Chapter(
            "Endpoints", contract.summary, contract.endpoints.map { Step(contract.name, $0) })
        guard contract.endpoints.contains(where: \.readsToken) else {
            self.init(endpoints)
            return
        }
        self.init(
            Chapter(
                "A guest's token", "Guests exist if `GUEST_PERMISSIONS` is set at auth.",
                [
                    AuthContract.step(
                        AuthContract.create, keeps: ["token": "token"], accepts: [.permissionDenied]),
                    AuthContract.step(AuthContract.me, keeps: ["permissions": "permissions"]),
                ]),
            endpoints,
            Chapter(
                "Log out", "Ends the token.",
                [
                    AuthContract.step(
                        AuthContract.revoke, ["token": "{{token}}"], clears: ["token", "permissions"])
                ]))
    }
}
