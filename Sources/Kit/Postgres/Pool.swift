import Background
import Foundation
import Synchronization

/// The settings of a ``Pool``.
public struct PoolSettings: Sendable {
    /// The greatest number of connections, and of threads.
    public var connections = 4
    /// The number of calls that may wait beside those that are being served; one more is refused.
    public var waiting = 128
    /// The timeout of connecting; libpq counts whole seconds, two at least.
    public var connectTimeout = Duration.seconds(2)
    /// The timeout of a statement, its waiting for locks included.
    public var statementTimeout = Duration.seconds(2)
    /// The timeout of a lock; longer than the second after which a server looks for deadlocks.
    public var lockTimeout = Duration.milliseconds(1500)
    /// The time after a failed connect for which all that wait are refused at once, before the next attempt.
    public var pause = Duration.milliseconds(250)
    /// The most attempts for a transaction that the server ends for the sake of another.
    public var attempts = 8
    /// The longest time for which a connection is used, so that a name that leads elsewhere by now is noticed.
    public var maxAge = Duration.seconds(60)
    /// The schema of the transactions' tables; `nil` for the user's own search path.
    public var schema: String?
    /// The server's name of its client, and the name of the threads.
    public var name = "postgres pool"

    /// The defaults.
    public init() {}
}

/// A few connections to a database, used on threads of their own: a caller that awaits a result blocks nothing.
///
/// A connection is made when it is needed, and anew when it was lost, has become old or leads to a server that only
/// reads. While the database is away, calls fail in milliseconds; when it is back, they succeed. If the server grants
/// fewer connections than the pool may have, it works with those. More calls than may wait are refused.
public final class Pool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        /// Connections that are in use.
        var lent = 0
        /// Connections that were made before are replaced.
        var renewed = ContinuousClock.now
    }

    /// There is no connection to be had now, but others of this pool have one.
    private struct NoneToSpare: Error {
        let others: Int
    }

    private let address: ConnectionURL
    let settings: PoolSettings
    private let queue: TurnQueue
    private let workers: BlockingThreadPool
    private let circuitBreaker: CircuitBreaker
    private let state = Mutex(State())

    /// Nothing is connected yet, and nothing can fail.
    public init(_ address: ConnectionURL, settings: PoolSettings = PoolSettings()) {
        self.address = address
        self.settings = settings
        queue = TurnQueue(turns: settings.connections, capacity: settings.waiting)
        workers = BlockingThreadPool(settings.connections, name: settings.name)
        circuitBreaker = CircuitBreaker(pause: settings.pause)
    }

    /// Lends a connection outside of a transaction, with the settings that the server has for the user: for statements
    /// that cannot run in one, such as `CREATE DATABASE`.
    ///
    /// - Parameter body: runs on a thread of the pool.
    /// - Throws: ``PostgresError``, whatever `body` throws, or `CancellationError` if the task was cancelled before its
    /// turn.
    public func run<Value: Sendable>(_ body: @escaping @Sendable (PostgresConnection) throws -> Value) async throws
        -> Value
    {
        try await withTurn(turn: .shared) {
            let connection = try self.connection().connection
            defer { self.release(connection) }
            return try body(connection)
        }
    }

    /// Runs a transaction. When this returns, the server has committed; when it throws, nothing was changed, unless it
    /// throws ``PostgresError/outcomeUnknown``.
    ///
    /// All that reading and durability depend on is set for each transaction and for it alone, so that neither the
    /// settings of a role nor a pooler between here and the server changes it.
    ///
    /// - Parameters:
    ///   - turn: whether it runs beside other transactions of its kind.
    ///   - condition: a query that must find something, on the round trip of the begin.
    ///   - body: runs on a thread of the pool, and again if the server has ended the transaction for the sake of another.
    ///     What it throws rolls back.
    /// - Throws: ``PostgresError/noRow`` if the condition finds nothing; otherwise as ``run(_:)``.
    public func transaction<Value: Sendable>(
        _ isolation: Isolation = .serializable, turn: TurnKind = .shared, condition: String? = nil,
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await withTurn(turn: turn) { try self.repeating { try self.once(isolation, condition, body) } }
    }

    /// Closes the connections after what they are at. What waits fails, and what comes later.
    public func close() async {
        await queue.close()
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for connection in idle { connection.close() }
    }
}

/// The way in which a transaction takes its turn.
public enum TurnKind: Sendable {
    case shared
    /// Beside shared ones, and after the exclusive ones that came before.
    case exclusive
}

/// The isolation of a transaction from others (PostgreSQL's manual, section 13.2).
public enum Isolation: String, Sendable {
    /// Nothing: as if they ran one after the other.
    case serializable = "SERIALIZABLE"
    /// Each of its statements sees what was committed before.
    case readCommitted = "READ COMMITTED"
}

// Turns and connections.
extension Pool {
    /// The time that a pool works with fewer connections than it wants before it asks for more.
    private static let restriction = Duration.seconds(5)

    private func withTurn<Value: Sendable>(
        turn: TurnKind, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let turn = try await queue.turn(isExclusive: turn == .exclusive)
        while true {
            do {
                let value = try await workers.run { try work() }
                queue.end(turn)
                return value
            } catch let error as NoneToSpare {
                try await queue.postpone(turn, available: error.others, for: Self.restriction)
            } catch {
                queue.end(turn)
                throw error
            }
        }
    }

    /// A connection for one piece of work, which must be given back.
    private func connection() throws -> (connection: PostgresConnection, isNew: Bool) {
        while let idle = popIdle() {
            if isUsable(idle) { return (idle, false) }
            discard(idle)
        }
        try circuitBreaker.check()
        do throws(PostgresError) {
            let made = try PostgresConnection(address, settings)
            circuitBreaker.end()
            state.withLock { $0.lent += 1 }
            return (made, true)
        } catch {
            let others = state.withLock { $0.lent + $0.idle.count }
            guard others == 0 else { throw NoneToSpare(others: others) }
            circuitBreaker.begin(error)
            throw error
        }
    }

    /// The one that was used last, so that the others grow old.
    private func popIdle() -> PostgresConnection? {
        state.withLock { state in
            guard let connection = state.idle.popLast() else { return nil }
            state.lent += 1
            return connection
        }
    }

    private func isUsable(_ connection: PostgresConnection) -> Bool {
        let renewed = state.withLock { $0.renewed }
        let isYoung = connection.made > renewed && connection.made.duration(to: .now) < settings.maxAge
        return isYoung && connection.isAlive && !connection.isInTransaction
    }

    private func release(_ connection: PostgresConnection) {
        guard connection.isAlive, !connection.isInTransaction else { return discard(connection) }
        state.withLock { state in
            state.lent -= 1
            state.idle.append(connection)
        }
    }

    private func discard(_ connection: PostgresConnection) {
        state.withLock { $0.lent -= 1 }
        connection.close()
    }
}

// Transactions.
extension Pool {
    private func repeating<Value>(_ transaction: () throws -> Value) throws -> Value {
        var attempt = 1
        while true {
            do {
                return try transaction()
            } catch let error as PostgresError where error.state?.isRetryable == true && attempt < settings.attempts {
                // Those that stood in each other's way come back at different times.
                Thread.sleep(forTimeInterval: .random(in: 0...0.005) * Double(attempt))
                attempt += 1
            }
        }
    }

    private func once<Value>(
        _ isolation: Isolation, _ condition: String?, _ body: (PostgresConnection) throws -> Value
    ) throws -> Value {
        let connection = try begun(isolation, condition)
        defer { release(connection) }
        let value: Value
        do {
            value = try body(connection)
        } catch {
            rollBack(connection, after: error)
            throw error
        }
        try connection.commit()
        return value
    }

    private func begun(_ isolation: Isolation, _ condition: String?) throws -> PostgresConnection {
        while true {
            let (connection, isNew) = try connection()
            do throws(PostgresError) {
                try connection.begin(isolation, settings, condition: condition)
                return connection
            } catch {
                let wasLost = error != .timedOut && !connection.isAlive
                discard(connection)
                // A connection that the server has closed meanwhile is no reason to fail: nothing was done in it yet.
                guard wasLost, !isNew else { throw error }
            }
        }
    }

    private func rollBack(_ connection: PostgresConnection, after error: any Error) {
        guard (error as? PostgresError)?.state != .readOnlyTransaction else {
            // The server is a standby, or was made one: another may be the primary now, under the same address.
            state.withLock { $0.renewed = .now }
            return connection.close()
        }
        // If that fails, the connection is closed, and the server rolls back.
        do throws(PostgresError) { try connection.run("ROLLBACK") } catch { connection.close() }
    }
}

/// After a failed connect, callers fail at once for a while, so that none waits for a database that is down; then one retries.
final class CircuitBreaker: Sendable {
    private struct State {
        var error: PostgresError
        var until: ContinuousClock.Instant
    }

    private let pause: Duration
    private let state = Mutex<State?>(nil)

    init(pause: Duration) {
        self.pause = pause
    }

    func begin(_ error: PostgresError) {
        state.withLock { $0 = State(error: error, until: .now + pause) }
    }

    func end() {
        state.withLock { $0 = nil }
    }

    /// - Throws: the failure, while it is fresh.
    func check() throws(PostgresError) {
        let error = state.withLock { state in state.flatMap { $0.until > .now ? $0.error : nil } }
        if let error { throw error }
    }
}
