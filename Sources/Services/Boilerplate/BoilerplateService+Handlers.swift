import Contracts
public import RPC

extension BoilerplateService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(BoilerplateContract.greet, with: greet)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
