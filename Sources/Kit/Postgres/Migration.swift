/// One step of a database's schema. A step that was once released is never changed: a later one mends it.
public struct Migration: Sendable {
    /// Known to the database from then on.
    public let name: String
    let statements: [String]

    public init(_ name: String, _ statements: [String]) {
        self.name = name
        self.statements = statements
    }
}

extension Pool {
    /// Takes the steps that the database has not taken yet, all or none, in the pool's schema, which is made if it is
    /// missing. Several processes may do so at once: one works, and the others wait for it.
    ///
    /// - Parameter time: how long a step may take, or the others wait.
    /// - Throws: as ``transaction(_:_:)``.
    public func migrate(_ migrations: [Migration], within time: Duration = .seconds(60)) async throws {
        let schema = settings.schema
        // Each statement must see what others have committed while this one waited for them.
        try await transaction(.readCommitted) { connection in
            connection.statementTimeout = time
            try connection.run(
                "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)", time.text)
            try connection.run("SELECT pg_advisory_xact_lock(hashtext($1))", "\(schema ?? "") migrations")
            try connection.makeSchema(schema)
            try connection.run(
                "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, taken timestamptz NOT NULL)")
            let taken = Set(
                try connection.run("SELECT name FROM migrations").rows.map { try $0("name", as: String.self) })
            for migration in migrations where !taken.contains(migration.name) {
                for statement in migration.statements { try connection.run(statement) }
                try connection.run("INSERT INTO migrations VALUES ($1, now())", migration.name)
            }
        }
    }
}

extension Connection {
    /// Makes a schema. The right to make one is needed only if it is missing.
    ///
    /// - Throws: ``PostgresError/refused(_:_:)`` if it is there and may not be used. A search path passes over such a schema,
    ///   and the tables would be temporary ones, which end with their connection.
    fileprivate func makeSchema(_ name: String?) throws(PostgresError) {
        guard let name else { return }
        if try run("SELECT FROM pg_namespace WHERE nspname = $1", name).rows.isEmpty {
            try run("CREATE SCHEMA \(name)")
        }
        guard try run("SELECT has_schema_privilege($1::text, 'USAGE') AS usable", name).row()("usable", as: Bool.self)
        else {
            throw .refused(.insufficientPrivilege, "permission denied for schema \(name)")
        }
    }
}
