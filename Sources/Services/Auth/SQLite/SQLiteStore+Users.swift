import GRDB

extension SQLiteStore {
    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await fastRead { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name NOT GLOB 'client:*'", after: name, limit)
    }

    public func clients(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name GLOB 'client:*'", after: name, limit)
    }

    private func accounts(
        _ condition: String, after name: String?, _ limit: Int
    ) async throws(StoreError) -> [User] {
        try await read { database in
            try database.values(
                "SELECT name FROM users WHERE \(condition) AND name > ? ORDER BY name LIMIT ?", name ?? "", limit
            ).compactMap { try database.user(named: $0) }
        }
    }
}
