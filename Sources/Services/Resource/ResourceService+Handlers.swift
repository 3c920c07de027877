import Contracts
public import RPC

extension ResourceService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(ResourceContract.currentTime, with: currentTime)
            handle(ResourceContract.epochTime, with: epochTime)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
