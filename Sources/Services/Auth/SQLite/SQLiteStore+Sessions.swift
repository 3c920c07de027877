import GRDB

extension SQLiteStore {
    public func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Set<String>? {
        try await write { database in
            try database.run(
                """
                UPDATE users SET failed_attempts = 0, password_hash = ?
                WHERE name = ? AND password_hash = ? AND NOT is_locked
                """, rehashed ?? passwordHash, token.user, passwordHash)
            guard database.changesCount == 1 else { return nil }
            try database.run("INSERT INTO families (name, user) VALUES (?, ?)", token.family, token.user)
            try database.insert(token)
            return try database.permissions(of: token.user)
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
