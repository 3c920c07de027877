import Contracts
import Endpoints
import Logging
import RPC

/// The last known health of the store.
struct StoreHealth {
    /// The error of the last call; `nil` if it succeeded.
    var fault: StoreError?
    /// The error that was logged last, and when.
    var logged: (fault: StoreError, moment: ContinuousClock.Instant)?
    /// Tries whether the store works.
    var probe: Task<Void, Never>?
    var probed: ContinuousClock.Instant?

    /// Notes an error.
    ///
    /// - Returns: true if it belongs in the log: it is the first, or another one than before. Errors that take turns are
    ///   logged once a second.
    mutating func note(_ error: StoreError) -> Bool {
        let isFirst = fault == nil
        fault = error
        if !isFirst, let logged, logged.fault == error || logged.moment.duration(to: .now) < .seconds(1) {
            return false
        }
        logged = (error, .now)
        return true
    }
}

// Every call of the store passes here, so that a store which fails is noticed, logged and told of in one way.
extension AuthService {
    /// Asks the store.
    ///
    /// - Throws: ``Problem/Kind/storeUnavailable`` if it fails; ``Problem/Kind/overloaded`` if too many ask; the
    /// end of the call where that was cancelled meanwhile. The last two say nothing of the store.
    nonisolated func ask<Value: Sendable>(
        _ question: (any AuthStore) async throws(StoreError) -> Value
    ) async throws(Problem) -> Value {
        do throws(StoreError) {
            return try await question(store)
        } catch {
            guard !Task.isCancelled else { throw .cancelled }
            guard error != .busy else { throw Problem(.overloaded, error.description, retryAfter: .seconds(1)) }
            await note(error)
            throw Problem(.storeUnavailable, "The store is unavailable.", retryAfter: .seconds(1))
        }
    }

    /// Asks the store to write. If it does, whatever has failed before works again.
    nonisolated func write<Value: Sendable>(
        _ question: (any AuthStore) async throws(StoreError) -> Value
    ) async throws(Problem) -> Value {
        let value = try await ask(question)
        await noteSuccess()
        return value
    }

    /// Asks the store for a change, which it may refuse, and lets others hear of it.
    nonisolated func change<Value: Sendable>(
        _ question: (any AuthStore) async throws(StoreError) -> Result<Value, StoreRejection>
    ) async throws(Problem) -> Value {
        switch try await write(question) {
        case .success(let value):
            await publish()
            return value
        case .failure(let refusal): throw refusal.problem
        }
    }

    /// The time that the check of readiness waits for the store: less than it has itself.
    static let probePatience = HealthContract.check.description.deadline / 2

    /// True if the store reads and writes, as far as is known. It is tried at most once a second. This waits for the
    /// outcome, unless that takes too long: then the last one holds.
    func isStoreSound() async -> Bool {
        let isStale = health.probed.map { $0.duration(to: .now) > .seconds(1) } ?? true
        if isStale, health.probe == nil {
            health.probe = Task { await probe() }
        }
        if let probe = health.probe { await Self.wait(for: probe, atMost: Self.probePatience) }
        return health.fault == nil && health.probed != nil
    }

    private static func wait(for probe: Task<Void, Never>, atMost time: Duration) async {
        let (outcome, first) = AsyncStream.makeStream(of: Void.self)
        let timer = Task {
            try? await Task.sleep(for: time)
            first.finish()
        }
        Task {
            await probe.value
            first.finish()
        }
        for await _ in outcome {}
        timer.cancel()
    }

    private func probe() async {
        do throws(StoreError) {
            try await store.probe()
            noteSuccess()
        } catch .busy {
            // It works for those who are before.
        } catch {
            note(error)
        }
        health.probed = .now
        health.probe = nil
    }

    private func noteSuccess() {
        if health.fault != nil { logger.notice("The store works again") }
        health.fault = nil
    }

    private func note(_ error: StoreError) {
        if health.note(error) { logger.error("The store fails: \(error)") }
    }

    private var logger: Logger { Logger(label: AuthContract.name) }
}

extension StoreRejection {
    /// The problem that a refusal is on the wire.
    var problem: Problem {
        switch self {
        case .noSuchUser: Problem(.notFound, "There is no such user.")
        case .nameTaken: Problem(.conflict, "There is a user of this name.")
        case .noSuchRole(let role):
            Problem(
                .conflict, "There is no role “\(role)”.",
                faults: [Problem.Fault(pointer: "/roles", detail: "unknown role “\(role)”")])
        case .notAdministrator: Problem(.permissionDenied, "Who calls may not change users.")
        case .lastAdministrator: Problem(.conflict, "Nobody would be left who may change users.")
        case .notHeld(let permissions):
            Problem(
                .permissionDenied,
                "You cannot grant permissions you do not hold: \(permissions.sorted().joined(separator: ", ")).")
        case .tooMuch:
            Problem(
                .conflict,
                "The names of all that one user is permitted may have \(User.maxScope) bytes together.")
        case .passwordChanged: Problem(.conflict, "Another password has been set meanwhile.")
        }
    }
}
