import Contracts
public import RPC

extension WebAppService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(WebAppContract.currentTime, with: currentTime)
            handle(WebAppContract.epochTime, with: epochTime)
            handle(WebAppContract.clock, with: clock)
            handle(WebAppContract.signIn, with: signIn)
            handle(WebAppContract.session, with: session)
            handle(WebAppContract.services, with: services)
            handle(WebAppContract.calls, with: calls)
            handle(WebAppContract.compare, with: compare)
            handle(WebAppContract.comparison, with: comparison)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
