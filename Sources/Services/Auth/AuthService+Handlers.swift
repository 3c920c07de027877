import Contracts
public import RPC

extension AuthService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(AuthContract.create, with: create)
            handle(AuthContract.refresh, with: refresh)
            handle(AuthContract.token, with: token)
            handle(AuthContract.revoke, with: revoke)
            handle(AuthContract.introspect, with: introspect)
            handle(AuthContract.revokeToken, with: revokeToken)
            handle(AuthContract.introspectToken, with: introspectToken)
            handle(AuthContract.valid, with: valid)
            handle(AuthContract.me, with: me)
            handle(AuthContract.keys, with: keys)
            handle(AuthContract.trustUpdates, with: changes)
            handle(AuthContract.metadata, with: metadata)
            handle(AuthContract.addUser, with: addUser)
            handle(AuthContract.listUsers, with: listUsers)
            handle(AuthContract.showUser, with: showUser)
            handle(AuthContract.changePassword, with: changePassword)
            handle(AuthContract.setPermissions, with: setPermissions)
            handle(AuthContract.lockUser, with: lockUser)
            handle(AuthContract.unlockUser, with: unlockUser)
            handle(AuthContract.removeUser, with: removeUser)
            handle(AuthContract.listRoles, with: listRoles)
            handle(AuthContract.addClient, with: addClient)
            handle(AuthContract.listClients, with: listClients)
            handle(AuthContract.rotateClient, with: rotateClient)
            handle(AuthContract.removeClient, with: removeClient)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
