/// One step of a database's schema. A step that was once released is never changed: a later one mends it.
public struct Migration: Sendable {
    /// Known to the database from then on.
    public let name: String
    let statements: [String]

    /// A migration of this name, which runs these statements.
    public init(_ name: String, _ statements: [String]) {
        self.name = name
        self.statements = statements
    }
}

extension Pool {
    /// Takes the steps that the database has not taken yet, all or none, in the pool's schema. Several processes may do
    /// so at once: one works, and the others wait for it.
    ///
    /// - Parameters:
    ///   - isCreating: true if a schema that is missing or empty is filled.
    ///   - time: how long a step may take, or the others wait.
    /// - Throws: ``PostgresError/notMigrated`` if the schema is missing or empty, and stays so;
    ///   ``PostgresError/migratedFurther(step:known:)`` if the database has taken a step that is not among these;
    ///   otherwise as ``transaction(_:turn:condition:_:)``.
    public func migrate(
        _ migrations: [Migration], isCreating: Bool = true, within time: Duration = .seconds(60)
    ) async throws {
        let schema = settings.schema
        // Each statement must see what others have committed while this one waited for them.
        try await transaction(.readCommitted) { connection in
            connection.statementTimeout = time
            try connection.run(
                "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)", time.text)
            try connection.run("SELECT pg_advisory_xact_lock(hashtext($1))", "\(schema ?? "") migrations")
            if isCreating { try connection.makeSchema(schema) }
            let taken = try connection.stepsTaken(schema)
            guard isCreating || !taken.isEmpty else { throw PostgresError.notMigrated }
            if let unknown = taken.first(where: { step in !migrations.contains { $0.name == step } }) {
                throw PostgresError.migratedFurther(step: unknown, known: migrations.last?.name ?? "")
            }
            for migration in migrations where !taken.contains(migration.name) {
                for statement in migration.statements { try connection.run(statement) }
                try connection.run("INSERT INTO migrations VALUES ($1, now())", migration.name)
            }
        }
    }
}

extension PostgresConnection {
    /// Makes a schema, and the table of the steps that were taken. The right to make a schema is needed only if it is
    /// missing.
    fileprivate func makeSchema(_ name: String?) throws(PostgresError) {
        if let name, try !hasSchema(name) { try run("CREATE SCHEMA \(name)") }
        try run("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, taken timestamptz NOT NULL)")
    }

    /// - Throws: ``PostgresError/refused(_:_:)`` if the schema is there and may not be used. A search path passes over such
    ///   a schema, and the tables would be temporary ones, which end with their connection.
    private func hasSchema(_ name: String) throws(PostgresError) -> Bool {
        let found = try run(
            "SELECT has_schema_privilege(oid, 'USAGE') AS usable FROM pg_namespace WHERE nspname = $1", name)
        guard let isUsable: Bool = try found.rows.first?.value("usable") else { return false }
        guard isUsable else { throw .refused(.insufficientPrivilege, "permission denied for schema \(name)") }
        return true
    }

    /// The names of the steps that a schema has taken, in their order; none if it is missing or empty.
    fileprivate func stepsTaken(_ schema: String?) throws(PostgresError) -> [String] {
        if let schema, try !hasSchema(schema) { return [] }
        let table = try run("SELECT FROM pg_class WHERE oid = to_regclass('migrations')")
        guard !table.rows.isEmpty else { return [] }
        var names: [String] = []
        for row in try run("SELECT name FROM migrations ORDER BY taken, name").rows {
            names.append(try row.value("name"))
        }
        return names
    }
}
