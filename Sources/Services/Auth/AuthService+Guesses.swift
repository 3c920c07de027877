import Contracts
import Endpoints
import Foundation
import Logging
import Metrics
import RPC

// What is known of those who try passwords.
extension AuthService {
    /// Counts a comparison of a user's password, at the user's share and at the address, and keeps those out who guess. What
    /// turns out to be no guess is not counted at the address: the password was right, or could not be compared.
    func guess<Value: Sendable>(
        _ kind: GrantRateLimiter.GrantKind, of name: String, _ context: CallContext, _ work: () async throws -> Value
    ) async throws -> Value {
        let source = Lockouts.LoginSource(name, from: context.origin)
        try lockouts.check(source)
        try limits.count(.password, from: context.origin)
        do {
            try limits.count(kind, of: source, isKnown: lockouts.isKnown(source))
            let value = try await work()
            lockouts.succeed(source)
            limits.forgive(.password, from: context.origin)
            return value
        } catch {
            if (error as? Problem)?.kind == .credentialsWrong {
                recordFailure(at: source, context)
            } else {
                limits.forgive(.password, from: context.origin)
            }
            throw error
        }
    }

    private func recordFailure(at source: Lockouts.LoginSource, _ context: CallContext) {
        metrics.wrongPasswords.increment()
        if lockouts.fail(source) { report(source, context) }
        let last = failures
        failures = Task { [limit = rules.lockAfter] in
            await last?.value
            // What the store cannot record is counted here all the same.
            let total = try? await query { store throws(StoreError) in
                try await store.recordFailure(of: source.user, limit: limit, from: context.origin, at: .now)
            }
            if let total, total > 0, lockouts.fail(source, total: total) { report(source, context) }
        }
    }

    private func report(_ source: Lockouts.LoginSource, _ context: CallContext) {
        metrics.lockouts.increment()
        context.logger.warning(
            "Somebody guesses at a password, and is kept out for a while",
            metadata: [
                "user": .string(source.user), "everywhere": .stringConvertible(!lockouts.isKnown(source)),
                "seconds": .stringConvertible(rules.lockPeriod.components.seconds),
            ])
    }
}
