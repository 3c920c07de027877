import Contracts
public import RPC

extension WebAppService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(WebAppContract.currentTime, with: currentTime)
            handle(WebAppContract.epochTime, with: epochTime)
            handle(WebAppContract.clock, with: clock)
            handle(WebAppContract.signIn, with: passedOn(AuthContract.create))
            handle(WebAppContract.refresh, with: passedOn(AuthContract.refresh))
            handle(WebAppContract.signOut, with: passedOn(AuthContract.revoke))
            handle(WebAppContract.session, with: session)
            handle(WebAppContract.services, with: services)
            handle(WebAppContract.calls, with: calls)
            handle(WebAppContract.compare, with: compare)
            handle(WebAppContract.comparison, with: comparison)
            handle(WebAppContract.listUsers, with: passedOn(AuthContract.listUsers))
            handle(WebAppContract.addUser, with: passedOn(AuthContract.addUser))
            handle(WebAppContract.setPermissions, with: passedOn(AuthContract.setPermissions))
            handle(WebAppContract.lockUser, with: passedOn(AuthContract.lockUser))
            handle(WebAppContract.unlockUser, with: passedOn(AuthContract.unlockUser))
            handle(WebAppContract.removeUser, with: passedOn(AuthContract.removeUser))
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
