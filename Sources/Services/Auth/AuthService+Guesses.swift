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
        _ kind: GrantRateLimiter.Kind, of name: String, _ context: CallContext, _ work: () async throws -> Value
    ) async throws -> Value {
        let place = Lockouts.Place(name, from: context.origin)
        try lockouts.check(place)
        try limits.count(.password, from: context.origin)
        do {
            try limits.count(kind, of: place, isKnown: lockouts.isKnown(place))
            let value = try await work()
            lockouts.succeed(place)
            limits.forgive(.password, from: context.origin)
            return value
        } catch {
            if (error as? Problem)?.kind == .credentialsWrong {
                recordFailure(at: place, context)
            } else {
                limits.forgive(.password, from: context.origin)
            }
            throw error
        }
    }

    private func recordFailure(at place: Lockouts.Place, _ context: CallContext) {
        metrics.wrongPasswords.increment()
        if lockouts.fail(place) { report(place, context) }
        let last = failures
        failures = Task { [limit = rules.lockAfter] in
            await last?.value
            // What the store cannot note is counted here all the same.
            let total = try? await ask { store throws(StoreError) in
                try await store.recordFailure(of: place.user, limit: limit, from: context.origin, at: .now)
            }
            if let total, total > 0, lockouts.fail(place, total: total) { report(place, context) }
        }
    }

    private func report(_ place: Lockouts.Place, _ context: CallContext) {
        metrics.lockouts.increment()
        context.logger.warning(
            "Somebody guesses at a password, and is kept out for a while",
            metadata: [
                "user": .string(place.user), "everywhere": .stringConvertible(!lockouts.isKnown(place)),
                "seconds": .stringConvertible(rules.lockPeriod.components.seconds),
            ])
    }
}
