import Postgres
import PostgresServer
import Synchronization

/// Runs a test with a pool, which is closed then.
func withPool(
    _ url: String, _ change: (inout PoolSettings) -> Void = { _ in }, _ test: (Pool) async throws -> Void
) async throws {
    var settings = PoolSettings()
    change(&settings)
    let pool = Pool(try ConnectionURL(url), settings: settings)
    do {
        try await test(pool)
    } catch {
        await pool.close()
        throw error
    }
    await pool.close()
}

/// Runs a test with a pool of a new database.
func withDatabase(
    _ change: (inout PoolSettings) -> Void = { _ in }, _ test: (Pool) async throws -> Void
) async throws {
    try await withPool(PostgresServer.shared.makeDatabase(), change, test)
}

/// The error that something throws, if it is the database's.
func failure(_ work: () async throws -> some Any) async throws -> PostgresError? {
    do {
        _ = try await work()
        return nil
    } catch let error as PostgresError {
        return error
    }
}

/// A number that grows on several threads.
final class Counter: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .sequentiallyConsistent) }

    func count() { number.add(1, ordering: .sequentiallyConsistent) }
}
