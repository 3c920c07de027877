public import Auth
import Postgres

extension PostgresStore {
    public func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Set<String>? {
        try await write { connection in
            let matching = try connection.run(
                """
                UPDATE users SET failed_attempts = 0, password_hash = $1
                WHERE name = $2 AND password_hash = $3 AND NOT is_locked
                """, rehashed ?? passwordHash, token.user, passwordHash)
            guard matching.affected == 1 else { return nil }
            try connection.run("INSERT INTO families (name, user_name) VALUES ($1, $2)", token.family, token.user)
            try connection.insert(token)
            return try connection.permissions(of: token.user)
        }
    }

    public func refreshToken(_ hash: String) async throws(StoreError) -> StoredRefreshToken? {
        try await read { try $0.refreshToken(hash) }
    }

    public func rotate(
        _ hash: String, to next: RefreshToken, from origin: String?
    ) async throws(StoreError) -> Rotation {
        try await write { try $0.rotate(hash, to: next, from: origin) }
    }

    public func endSession(_ hash: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.endSession(hash, entry) }
    }
}
