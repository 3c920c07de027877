import Foundation
import Glibc
import Synchronization

extension PostgresServer {
    private static let starting = Task { () async throws -> PostgresServer in
        let server = try await started()
        atExit.withLock { $0 = server }
        atexit { PostgresServer.atExit.withLock { $0?.remove() } }
        return server
    }

    private static let atExit = Mutex<PostgresServer?>(nil)

    /// A server for all tests of this process that do it no harm. The first who asks starts it, and it ends with the
    /// process.
    public static var shared: PostgresServer {
        get async throws { try await starting.value }
    }

    static func started(_ environment: (URL) -> [String: String] = { _ in [:] }) async throws -> PostgresServer {
        let server = try PostgresServer(environment)
        do {
            try server.initialise()
            try await server.start()
            return server
        } catch {
            print(server.log)
            server.remove()
            throw error
        }
    }
}
