import Contracts
public import RPC

extension AuthService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(AuthContract.create, with: create)
            handle(AuthContract.valid, with: valid)
            handle(AuthContract.keys, with: keys)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
