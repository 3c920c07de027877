import Background
import Contracts
import Endpoints
import Logging
import RPC

/// The last known health of the store.
struct StoreHealth {
    /// The error of the last call; `nil` if it succeeded.
    var error: StoreError?
    /// The error that was logged last, and when.
    var logged: (error: StoreError, moment: ContinuousClock.Instant)?
    /// Probes the store.
    var probe: SingleFlight<Void>?
    var probed: ContinuousClock.Instant?

    /// Records an error.
    ///
    /// - Returns: true if it belongs in the log: it is the first, or differs from the last. Errors that take turns are
    ///   logged once a second.
    mutating func record(_ error: StoreError) -> Bool {
        let isFirst = self.error == nil
        self.error = error
        if !isFirst, let logged, logged.error == error || logged.moment.duration(to: .now) < .seconds(1) {
            return false
        }
        logged = (error, .now)
        return true
    }
}

// Every call of the store passes here, so that a store which fails is noticed, logged and reported in one way.
extension AuthService {
    /// Queries the store.
    ///
    /// - Throws: ``Problem/Kind/storeUnavailable`` if it fails; ``Problem/Kind/overloaded`` if there are too many queries; the
    /// end of the call if that was cancelled meanwhile. The last two are no errors of the store.
    nonisolated func query<Value: Sendable>(
        _ work: (any AuthStore) async throws(StoreError) -> Value
    ) async throws(Problem) -> Value {
        do throws(StoreError) {
            return try await work(store)
        } catch {
            guard !Task.isCancelled else { throw .cancelled }
            guard error != .busy else { throw Problem(.overloaded, error.description, retryAfter: .seconds(1)) }
            await recordError(error)
            throw Problem(.storeUnavailable, "The store is unavailable.", retryAfter: .seconds(1))
        }
    }

    /// Has the store write. If it does, whatever has failed before works again.
    nonisolated func write<Value: Sendable>(
        _ work: (any AuthStore) async throws(StoreError) -> Value
    ) async throws(Problem) -> Value {
        let value = try await query(work)
        await recordSuccess()
        return value
    }

    /// Has the store make a change, which it may reject, and publishes it.
    nonisolated func change<Value: Sendable>(
        _ work: (any AuthStore) async throws(StoreError) -> Result<Value, StoreRejection>
    ) async throws(Problem) -> Value {
        switch try await write(work) {
        case .success(let value):
            await publish()
            return value
        case .failure(let rejection): throw rejection.problem
        }
    }

    /// The time that the check of readiness waits for the store: less than it has itself.
    static let probeTimeout = HealthContract.check.description.deadline / 2

    /// True if the store reads and writes, as far as is known. It is tried at most once a second. This waits for the
    /// outcome, unless that takes too long: then the last one holds.
    func isStoreSound() async -> Bool {
        let isStale = health.probed.map { $0.duration(to: .now) > .seconds(1) } ?? true
        if isStale, health.probe == nil {
            health.probe = SingleFlight { await self.probe() }
        }
        if let probe = health.probe { await Self.wait(for: probe, atMost: Self.probeTimeout) }
        return health.error == nil && health.probed != nil
    }

    private static func wait(for probe: SingleFlight<Void>, atMost time: Duration) async {
        await withTaskGroup { group in
            group.addTask { _ = await probe.value() }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func probe() async {
        do throws(StoreError) {
            try await store.probe()
            recordSuccess()
        } catch .busy {
            // It works for those who are before.
        } catch {
            recordError(error)
        }
        health.probed = .now
        health.probe = nil
    }

    private func recordSuccess() {
        if health.error != nil { logger.notice("The store works again") }
        health.error = nil
    }

    private func recordError(_ error: StoreError) {
        if health.record(error) { logger.error("The store fails", metadata: ["error": "\(error)"]) }
    }
}

extension StoreRejection {
    /// The problem that a refusal is on the wire.
    var problem: Problem {
        switch self {
        case .noSuchUser: Problem(.notFound, sentence)
        case .noSuchRole(let role):
            Problem(
                .conflict, sentence,
                faults: [Problem.FieldError(pointer: "/roles", detail: "unknown role “\(role)”")])
        case .notAdministrator, .notHeld: Problem(.permissionDenied, sentence)
        case .nameTaken, .lastAdministrator, .tooMuch, .passwordChanged: Problem(.conflict, sentence)
        }
    }
}
