import GRDB

extension SQLiteStore {
    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await glance { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await read { database in
            try database.values(
                "SELECT name FROM users WHERE ? IS NULL OR name > ? ORDER BY name LIMIT ?", name, name, limit
            ).compactMap { try database.user(named: $0) }
        }
    }
}
