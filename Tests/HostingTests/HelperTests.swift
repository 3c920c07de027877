import Logging
import ServiceLifecycle
import Testing

@testable import Hosting

@Suite("Work beside the services", .timeLimit(.minutes(1)))
struct HelperTests {
    /// Runs work in a group that is asked to stop once it has begun.
    private static func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let helper = Helper(
            work: {
                begin.yield()
                try await work()
            }, timeout: .zero, logger: Logger(label: "test"))
        let group = ServiceGroup(services: [helper], logger: Logger(label: "test"))
        async let ended: Void = group.run()
        for await _ in begun { break }
        await group.triggerGracefulShutdown()
        try await ended
    }

    @Test("is cancelled at the end of the services")
    func cancelled() async throws {
        try await Self.run {
            do {
                try await Task.sleep(for: .seconds(60))
            } catch {
                // What it leaves behind takes a moment.
                for _ in 0..<10_000 { await Task.yield() }
                throw error
            }
        }
    }

    @Test("has failed if something that it waited for was cancelled")
    func cancelledInside() async throws {
        let helper = Helper(
            work: {
                let inner = Task { try await Task.sleep(for: .seconds(60)) }
                inner.cancel()
                try await inner.value
            }, timeout: .zero, logger: Logger(label: "test"))
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: helper, successTerminationBehavior: .ignore)], logger: Logger(label: "test")))
        await #expect(throws: CancellationError.self) { try await group.run() }
    }

    @Test("ends the process if it goes on after that")
    func overdue() async {
        await #expect(processExitsWith: .exitCode(1)) {
            try await HelperTests.run { while true { try? await Task.sleep(for: .seconds(1)) } }
        }
    }
}
