public import Background
import CSodium
import Endpoints
import Foundation

/// Hashes passwords with Argon2id (RFC 9106), on a few threads of its own.
///
/// Hashing is slow and large on purpose, and the easiest way to take a service down: so neither the service's thread
/// nor the cooperative pool does it, and what does not find a place in the queue is refused.
///
/// A password has one form, whatever keyboard it was typed on: that of the OpaqueString profile (RFC 8265, section
/// 4.2).
public final class PasswordHasher: Sendable {
    /// The outcome of a comparison.
    public enum Verdict: Sendable, Equatable {
        case wrong
        case right
        /// Right, and the stored hash is weaker than today's, or of another form of the password: hash again and store
        /// that.
        case validNeedsRehash
    }

    /// OWASP's minimum: 19 MiB of memory, two passes.
    private static let memory = 19 * 1024 * 1024
    private static let passes: UInt64 = 2

    private let pool: BlockingThreadPool
    private let queue: HashingQueue

    /// - Parameters:
    ///   - workers: how many passwords are hashed at a time.
    ///   - queue: how many may wait beside them.
    public init(workers: Int = workers(within: .current), queue: Int = 16) {
        self.queue = HashingQueue(workers: workers, waiting: queue)
        pool = BlockingThreadPool(workers, name: "passwords", priority: .lowest)
        // Called again, it does nothing; it fails if there is no source of randomness, and then hashing fails too.
        _ = sodium_init()
    }

    /// The number of passwords that may be hashed at a time: one on each processor but one, in no more than half of the
    /// memory.
    public static func workers(within limits: ProcessLimits) -> Int {
        max(1, min(limits.processors - 1, limits.memory / 2 / memory))
    }

    /// - Returns: the hash as a PHC string, with its own random salt and its parameters.
    /// - Throws: ``Problem/Kind/tooManyRequests`` if the queue is full; ``Problem/Kind/overloaded`` if memory is short.
    public func hash(_ password: String) async throws -> String {
        try await run { try Self.hash(password.opaqueString) }
    }

    /// Compares a password with a stored hash.
    ///
    /// - Parameter hash: a PHC string; `nil` if there is no such user, which takes the same time and is wrong.
    /// - Throws: ``Problem/Kind/tooManyRequests`` if the queue is full; ``Problem/Kind/overloaded`` if memory is short;
    ///   ``Problem/Kind/internal`` if the stored hash is none that can be compared. None of them says that it is wrong.
    public func verify(_ password: String, against hash: String?) async throws -> Verdict {
        try await run {
            let stored = try Self.stored(hash ?? Self.dummyHash)
            let form = password.opaqueString
            if try Self.fits(form, stored) {
                guard hash != nil else { return .wrong }
                return Self.isWeak(stored) ? .validNeedsRehash : .right
            }
            // Hashes of old are of the bytes as they came.
            guard !form.utf8.elementsEqual(password.utf8), try Self.fits(password, stored), hash != nil else {
                return .wrong
            }
            return .validNeedsRehash
        }
    }

    /// Does all that belongs to one password on the threads that hash, in one slot of the queue. What is hashed and
    /// compared meanwhile needs no other. So the rest of the process has no part in it, however many passwords come.
    ///
    /// - Throws: what the work throws; before any of it, ``Problem/Kind/tooManyRequests`` if the queue is full, and
    ///   `CancellationError` if the task is cancelled while it waits, which gives the slot to others.
    public func run<Value: Sendable>(
        _ work: @Sendable @concurrent () async throws -> Value
    ) async throws -> Value {
        guard !BlockingThreadPool.isCurrentThread else { return try await work() }
        let slot = try queue.reserveSlot()
        defer { slot.end() }
        return try await withTaskCancellationHandler {
            try await pool.run {
                try slot.begin()
                return try await work()
            }
        } onCancel: {
            slot.cancel()
        }
    }

    /// A hash of today's parameters, of random bytes that no known password leads to: compared with if there is no
    /// user.
    static let dummyHash =
        "$argon2id$v=19$m=19456,t=2,p=1$cpPpDaC0nAdMnZtW8ej+Og$SQCnqZq+B8BV/eryurR/lInymL6jgmYmIKZlQMtlCTc"

    /// True if a hash has less than today's memory or passes. One that has more stays as it is.
    private static func isWeak(_ hash: StoredHash) -> Bool {
        hash.memory < memory / 1024 || hash.passes < passes
    }

    private static func stored(_ text: String) throws(Problem) -> StoredHash {
        guard let stored = StoredHash(text) else {
            throw Problem(.internal, "The stored hash of the password cannot be read.")
        }
        return stored
    }

    private static func fits(_ password: String, _ hash: StoredHash) throws(Problem) -> Bool {
        guard let fits = hash.fits(password) else { throw .noMemory }
        return fits
    }

    private static func hash(_ password: String) throws(Problem) -> String {
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let status = crypto_pwhash_str(&text, password, UInt64(password.utf8.count), passes, memory)
        guard status == 0 else { throw .noMemory }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension Problem {
    fileprivate static let noMemory = Problem(
        .overloaded, "There is not enough memory for a password now.", retryAfter: .seconds(1))
}
