import Dispatch
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Work beside the services. If it fails, the process ends with the reason; if it is done, the helper waits for the end
/// of the services all the same, because a group that is shutting down takes any other end of a member for a failure.
///
/// It is cancelled when the services have stopped. Work that goes on nevertheless would keep the process for ever: after the
/// timeout the process ends with exit code 1.
struct Helper: ServiceLifecycle.Service {
    let work: @Sendable () async throws -> Void
    /// The time that the work has once it is cancelled.
    let timeout: Duration
    let logger: Logger

    /// Also work that heeds its cancellation takes a little time to end.
    private static let shortestTimeout = Duration.seconds(1)

    func run() async throws {
        let watchdog = Watchdog(timeout: max(timeout, Self.shortestTimeout), logger: logger)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                defer { watchdog.end() }
                do {
                    try await cancelWhenGracefulShutdown(work)
                    try await gracefulShutdown()
                } catch let error as CancellationError {
                    // Another one is that of something which the work has waited for.
                    guard Task.isCancelled || Task.isShuttingDownGracefully else { throw error }
                }
            } onGracefulShutdown: {
                watchdog.begin()
            }
        } onCancel: {
            watchdog.begin()
        }
    }
}

/// Ends the process unless something is done in time. It has a thread of its own to wait on: what goes on may keep those of
/// all tasks.
private final class Watchdog: Sendable {
    private let isDone = Atomic(false)
    private let timeout: Duration
    private let logger: Logger

    init(timeout: Duration, logger: Logger) {
        self.timeout = timeout
        self.logger = logger
    }

    func begin() {
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout / .seconds(1)) { [self] in
            guard !isDone.load(ordering: .relaxed) else { return }
            logger.critical(
                "A background task has gone on after it was cancelled, and the process ends",
                metadata: ["timeout": "\(timeout)"])
            exit(1)
        }
    }

    func end() { isDone.store(true, ordering: .relaxed) }
}
