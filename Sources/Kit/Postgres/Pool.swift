import Foundation

/// A few connections to a database, each on a thread of its own: whoever awaits an answer blocks nothing.
///
/// A connection is made when it is needed, and anew when it was lost. While the database is away, calls fail in
/// milliseconds; when it is back, they succeed. More calls than may wait are refused.
public final class Pool: Sendable {
    private let line: WaitingLine
    private let settings: PoolSettings

    /// Nothing is connected yet, and nothing can fail.
    public init(_ address: DatabaseAddress, settings: PoolSettings = PoolSettings()) {
        self.settings = settings
        line = WaitingLine(capacity: settings.waiting, workers: settings.connections)
        let outage = Outage(pause: settings.pause)
        for number in 1...settings.connections {
            let thread = Thread { [settings, line] in Worker(address, settings, line, outage).work() }
            thread.start()
            // Told before the thread runs, the name would not come to the system.
            thread.name = "\(settings.name)-pq-\(number)"
        }
    }

    deinit { line.close() }

    /// Lends a connection to something that reads, or changes in a single statement.
    ///
    /// - Parameter body: runs on the connection's thread.
    /// - Throws: ``PostgresError``, whatever `body` throws, or `CancellationError` where the task was cancelled before
    ///   its turn.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await line.wait { worker in try body(worker.connected()) }
    }

    /// Runs a transaction. When this returns, the server has committed; when it throws, nothing was changed, unless it
    /// throws ``PostgresError/outcomeUnknown``.
    ///
    /// - Parameter body: runs on the connection's thread, and again where the server has ended the transaction for the
    ///   sake of another. What it throws rolls back.
    /// - Throws: as ``run(_:)``.
    public func transaction<Value: Sendable>(
        _ isolation: Isolation = .serializable, _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await line.wait { worker in try worker.transaction(isolation, body) }
    }

    /// Closes the connections after what they are at. What waits fails, and what comes later.
    public func close() async {
        await line.closeAndWait()
    }
}

/// How much a transaction sees of others (PostgreSQL's manual, section 13.2).
public enum Isolation: String, Sendable {
    /// Nothing: as if they ran one after the other.
    case serializable = "SERIALIZABLE"
    /// Each of its statements sees what was committed before.
    case readCommitted = "READ COMMITTED"
}
