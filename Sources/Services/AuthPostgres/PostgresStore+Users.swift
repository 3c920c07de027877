public import Auth
import Postgres

extension PostgresStore {
    public func permissions(of name: String) async throws(StoreError) -> Set<String> {
        try await read { try $0.permissions(of: name) }
    }

    public func users(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name NOT LIKE 'client:%'", after: name, limit)
    }

    public func clients(after name: String?, limit: Int) async throws(StoreError) -> [User] {
        try await accounts("name LIKE 'client:%'", after: name, limit)
    }

    private func accounts(
        _ condition: String, after name: String?, _ limit: Int
    ) async throws(StoreError) -> [User] {
        // Nothing lies between a name and the same with a NUL behind it, which PostgreSQL would not take.
        let name = String(decoding: (name ?? "").utf8.prefix { $0 != 0 }, as: UTF8.self)
        return try await read { connection in
            try connection.users("WHERE \(condition) AND name > $1 ORDER BY name LIMIT $2", name, limit)
        }
    }
}
