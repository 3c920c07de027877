import Contracts
import Endpoints
public import Foundation
public import RPC

/// Tells the time.
public actor ResourceService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let epoch: @Sendable () -> Int

    /// - Parameter epoch: the clock: seconds since 1970-01-01T00:00:00Z.
    public init(executor: ServiceExecutor, epoch: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) })
    {
        self.executor = executor
        self.epoch = epoch
    }

    func currentTime(_: Empty, _ context: CallContext) async -> CurrentTime {
        CurrentTime(currentTime: Timestamp(epoch: epoch()).description)
    }

    func epochTime(_: Empty, _ context: CallContext) async -> EpochTime {
        EpochTime(epochTime: epoch())
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }
}
