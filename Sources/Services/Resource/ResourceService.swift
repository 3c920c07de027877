import Contracts
import Endpoints
public import Foundation
public import RPC

/// Returns the time.
public actor ResourceService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let epoch: @Sendable () -> Int
    /// The last time that was returned, as text: it changes once a second, and costs more than all else here.
    private var latest = Timestamp(epoch: 0)

    /// - Parameter epoch: the clock: seconds since 1970-01-01T00:00:00Z.
    public init(executor: ServiceExecutor, epoch: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) })
    {
        self.executor = executor
        self.epoch = epoch
    }

    func currentTime(_: Empty, _ context: CallContext) async -> CurrentTime {
        let now = epoch()
        if latest.epoch != now { latest = Timestamp(epoch: now) }
        return CurrentTime(currentTime: latest.description)
    }

    func epochTime(_: Empty, _ context: CallContext) async -> EpochTime {
        EpochTime(epochTime: epoch())
    }

    func smoke(_: Empty, _ context: CallContext) async -> Smoke { .ok }
}

extension ResourceService {
    public nonisolated var handlers: Handlers {
        Handlers {
            handle(ResourceContract.currentTime, with: currentTime)
            handle(ResourceContract.epochTime, with: epochTime)
            handle(Smoke.endpoint, with: smoke)
        }
    }
}
