import GRDB

extension SQLiteStore {
    public func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Bool {
        try await write { database in
            try database.execute(
                sql: """
                    UPDATE users SET failed_attempts = 0, password_hash = ?
                    WHERE name = ? AND password_hash = ? AND NOT is_locked
                    """,
                arguments: [rehashed ?? passwordHash, token.user, passwordHash])
            guard database.changesCount == 1 else { return false }
            try database.execute(
                sql: "INSERT INTO families (name, user) VALUES (?, ?)", arguments: [token.family, token.user])
            try database.insert(token)
            return true
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
