import RPC

/// Gives back what it gets.
actor EchoService: Service {
    private nonisolated let executor: ServiceExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(executor: ServiceExecutor) {
        self.executor = executor
    }

    func echo(_ text: EchoContract.Text, _ context: CallContext) async -> EchoContract.Text { text }

    nonisolated var handlers: Handlers {
        Handlers { handle(EchoContract.echo, with: echo) }
    }
}
