import Contracts
public import RPC

extension WebAppService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(WebAppContract.currentTime, with: currentTime)
            handle(WebAppContract.epochTime, with: epochTime)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
