import Dispatch
public import Postgres

extension PostgresServer {
    /// Runs a test while somebody else has a transaction open, in which a statement was run.
    public static func holding(
        _ statement: String, in database: String, _ test: () async throws -> Void
    ) async throws {
        var settings = PoolSettings()
        (settings.connections, settings.statementTimeout) = (1, .seconds(60))
        let pool = Pool(try ConnectionURL(database), settings: settings)
        try await holding(statement, of: pool, test)
        await pool.close()
    }

    /// Runs a test while a transaction, in which a statement was run, keeps one of a pool's connections.
    public static func holding(
        _ statement: String, of pool: Pool, _ test: () async throws -> Void
    ) async throws {
        let (isHeld, release) = (AsyncStream<Void>.makeStream(), DispatchSemaphore(value: 0))
        async let holder: Void = pool.transaction(.readCommitted) { connection in
            defer { isHeld.continuation.finish() }
            try connection.run(statement)
            isHeld.continuation.finish()
            release.wait()
        }
        for await _ in isHeld.stream {}
        do {
            try await test()
        } catch {
            release.signal()
            throw error
        }
        release.signal()
        try await holder
    }
}
