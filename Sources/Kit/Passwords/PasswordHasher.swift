import Background
import CSodium
import Endpoints
import Foundation
import Synchronization

/// Hashes passwords with Argon2id (RFC 9106), on a few threads of its own.
///
/// Hashing is slow and large on purpose, and the easiest way to take a service down: so neither the service's thread nor
/// the cooperative pool does it, and what does not find a place in the queue is refused.
public final class PasswordHasher: Sendable {
    /// What a comparison has shown.
    public enum Verdict: Sendable, Equatable {
        case wrong
        case right
        /// Right, and the stored hash is weaker than today's: hash again and store that.
        case rightButOutdated
    }

    /// OWASP's minimum: 19 MiB of memory, two passes.
    private static let memory = 19 * 1024 * 1024
    private static let passes: UInt64 = 2

    private let pool: Workers
    private let waiting = Atomic<Int>(0)
    private let capacity: Int

    /// - Parameters:
    ///   - workers: how many passwords are hashed at a time; all processors but one, unless told.
    ///   - queue: how many may wait beside them.
    public init(workers: Int? = nil, queue: Int = 16) {
        let workers = workers ?? max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
        capacity = workers + queue
        pool = Workers(workers, name: "passwords", share: .least)
        // Called again, it does nothing; it fails where there is no source of randomness, and then hashing fails too.
        _ = sodium_init()
    }

    /// - Returns: the hash as a PHC string, with its own random salt and its parameters.
    /// - Throws: ``Problem/Kind/tooManyRequests`` where the queue is full; ``Problem/Kind/internal`` where memory is short.
    public func hash(_ password: String) async throws -> String {
        guard let hash = try await run({ Self.hash(password) }) else {
            throw Problem(.internal, "The password could not be hashed.")
        }
        return hash
    }

    /// Compares a password with a stored hash.
    ///
    /// - Parameter hash: a PHC string; `nil` where there is no such user, which takes the same time and is wrong.
    /// - Throws: ``Problem/Kind/tooManyRequests`` where the queue is full.
    public func verify(_ password: String, against hash: String?) async throws -> Verdict {
        try await run {
            let isRight = crypto_pwhash_str_verify(hash ?? Self.nobody, password, UInt64(password.utf8.count)) == 0
            guard isRight, let hash else { return .wrong }
            return Self.isWeak(hash) ? .rightButOutdated : .right
        }
    }

    /// Does all that belongs to one password on the threads that hash, in one place of the queue. What is hashed and compared
    /// meanwhile needs no other. So the rest of the process has no part in it, however many passwords come.
    ///
    /// - Throws: what the work throws; ``Problem/Kind/tooManyRequests`` before any of it where the queue is full.
    public func run<Value: Sendable>(
        _ work: @Sendable @concurrent () async throws -> Value
    ) async throws -> Value {
        guard !Workers.areHere else { return try await work() }
        let place = waiting.add(1, ordering: .relaxed).newValue
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard place <= capacity else { throw Self.full }
        return try await pool.run(work)
    }

    private static let full = Problem(
        .tooManyRequests, "Too many passwords are being checked.", retryAfter: .seconds(1), isUnprocessed: true)

    /// A hash of today's parameters, of random bytes that no known password leads to: compared with where there is no user.
    static let nobody =
        "$argon2id$v=19$m=19456,t=2,p=1$cpPpDaC0nAdMnZtW8ej+Og$SQCnqZq+B8BV/eryurR/lInymL6jgmYmIKZlQMtlCTc"

    /// Whether a hash has less than today's memory or passes. One that has more stays as it is.
    static func isWeak(_ hash: String) -> Bool {
        guard let cost = hash.prefixMatch(of: /\$argon2id\$v=19\$m=(\d+),t=(\d+),/),
            let kibibytes = Int(cost.1), let passes = UInt64(cost.2)
        else { return true }
        return kibibytes < memory / 1024 || passes < Self.passes
    }

    private static func hash(_ password: String) -> String? {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let status = crypto_pwhash_str(&text, password, UInt64(password.utf8.count), passes, memory)
        return status == 0 ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
