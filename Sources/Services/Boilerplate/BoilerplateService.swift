import Contracts
import Endpoints
public import RPC

/// Greets people.
public actor BoilerplateService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init(executor: ServiceExecutor) {
        self.executor = executor
    }

    func greet(
        _ person: BoilerplateContract.Person, _ context: CallContext
    ) async throws -> BoilerplateContract.Greeting {
        let hello = "Hello, \(person.name)!"
        return .init(greeting: Array(repeating: hello, count: person.times ?? 1).joined(separator: " "))
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }
}

extension BoilerplateService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(BoilerplateContract.greet, with: greet)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
