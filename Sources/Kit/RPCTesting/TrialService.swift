import Endpoints
package import RPC

/// Does what the names of its endpoints say, and reports to the test what its handlers come to.
package actor TrialService: Service {
    package enum Occurrence: Equatable {
        case started(String)
        case cancelled
    }

    /// The failure of a handler; nothing of it may reach a caller.
    struct Leak: Error, CustomStringConvertible {
        static let secret = "hunter2"
        let description = "the password \(secret) was wrong"
    }

    /// The number of calls of `batch` that are answered together.
    static let batchSize = 100

    private nonisolated let executor: ServiceExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let events: AsyncStream<Occurrence>
    private let happened: AsyncStream<Occurrence>.Continuation
    private var stubborn: [CheckedContinuation<Void, Never>] = []
    private var batch: [CheckedContinuation<Void, Never>] = []

    init(executor: ServiceExecutor) {
        self.executor = executor
        (events, happened) = AsyncStream.makeStream()
    }

    /// Waits for what happens next.
    package nonisolated func next() async -> Occurrence? {
        for await event in events { return event }
        return nil
    }

    /// Lets the stubborn handlers end.
    package func release() {
        for continuation in stubborn { continuation.resume() }
        stubborn = []
    }

    package nonisolated var handlers: Handlers {
        Handlers {
            handle(TrialContract.find) { search, _ in search }
            handle(TrialContract.change) { document, _ in document }
            handle(TrialContract.add) { note, _ in note }
            handle(TrialContract.copy) { bytes, _ in bytes }
            handle(TrialContract.nothing) { [happened] _, _ in
                happened.yield(.started("nothing"))
                return Empty()
            }
            handle(TrialContract.known) { _, context in Note(text: context.principal?.subject ?? "") }
            handle(TrialContract.guarded) { _, context in Note(text: context.principal?.subject ?? "") }
            handle(TrialContract.confirmed) { _, context in Note(text: context.principal?.subject ?? "") }
            handle(TrialContract.context, with: circumstances)
            handle(TrialContract.slow, with: slow)
            handle(TrialContract.stubborn, with: stubborn)
            handle(TrialContract.batch, with: batch)
            handle(TrialContract.crash) { _, _ in throw Leak() }
            handle(TrialContract.refuse) { _, _ in
                throw Problem(
                    Problem.Kind("out_of_tea", status: 409, title: "There is no tea"), "Come back later.",
                    faults: [Problem.FieldError(pointer: "/tea", detail: "is out")], retryAfter: .milliseconds(1200),
                    isUnprocessed: true)
            }
            handle(TrialContract.grant) { _, _ in
                throw Problem(Problem.Kind("invalid_grant", status: 400, title: "No"), "The password is wrong.")
            }
        }
    }

    private func circumstances(_: Empty, _ context: CallContext) async -> Circumstances {
        Circumstances(
            trace: context.trace.traceID, remaining: Int(context.remaining / .milliseconds(1)),
            endpoint: context.endpoint)
    }

    private func slow(_: Empty, _ context: CallContext) async throws -> Empty {
        happened.yield(.started("slow"))
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        continuation.finish()
        happened.yield(.cancelled)
        try Task.checkCancellation()
        return Empty()
    }

    private func stubborn(_: Empty, _ context: CallContext) async -> Empty {
        await withCheckedContinuation { continuation in
            stubborn.append(continuation)
            happened.yield(.started("stubborn"))
        }
        return Empty()
    }

    private func batch(_ number: Number, _ context: CallContext) async -> Number {
        await withCheckedContinuation { continuation in
            batch.append(continuation)
            guard batch.count == Self.batchSize else { return }
            for continuation in batch.reversed() { continuation.resume() }
            batch = []
        }
        return number
    }
}
