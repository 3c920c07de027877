import GRDB

extension SQLiteStore {
    /// The migrations of a file of any age to today's form. A step that was released is never changed: what is to be
    /// different is a new step.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(firstMigration) { try $0.execute(sql: first) }
        migrator.registerMigration("2 successors of refresh tokens") { try $0.execute(sql: second) }
        migrator.registerMigration("3 revocations by end") {
            try $0.execute(sql: "CREATE INDEX revocations_by_end ON revocations (expires)")
        }
        migrator.registerMigration("4 clients and scopes of sessions") { try $0.execute(sql: fourth) }
        migrator.registerMigration("5 ids of users") { try $0.execute(sql: fifth) }
        return migrator
    }

    /// By it a file is known to be a store's.
    static let firstMigration = "1 users, sessions, keys, revocations, audit"

    /// Existing users keep the `sub` that their tokens had.
    private static let fifth = """
        ALTER TABLE users ADD COLUMN id TEXT NOT NULL DEFAULT '';
        UPDATE users SET id = name;
        CREATE UNIQUE INDEX users_by_id ON users (id);
        """

    private static let fourth = """
        ALTER TABLE families ADD COLUMN client TEXT;
        ALTER TABLE families ADD COLUMN scope TEXT;
        """

    private static let second = """
        ALTER TABLE refresh_tokens ADD COLUMN used INTEGER;
        ALTER TABLE refresh_tokens ADD COLUMN successor TEXT;
        ALTER TABLE refresh_tokens ADD COLUMN sealed TEXT;
        """

    /// Times are milliseconds since 1970. Names are ordered by their bytes, as SQLite does by default.
    private static let first = """
        CREATE TABLE users (
            name TEXT NOT NULL PRIMARY KEY,
            password_hash TEXT NOT NULL,
            is_locked INTEGER NOT NULL,
            failed_attempts INTEGER NOT NULL,
            created INTEGER NOT NULL,
            changed INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE roles (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;

        CREATE TABLE role_permissions (
            role TEXT NOT NULL REFERENCES roles ON DELETE CASCADE,
            permission TEXT NOT NULL,
            PRIMARY KEY (role, permission)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE user_permissions (
            user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            permission TEXT NOT NULL,
            PRIMARY KEY (user, permission)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE user_roles (
            user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            role TEXT NOT NULL REFERENCES roles ON DELETE CASCADE,
            PRIMARY KEY (user, role)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX user_roles_by_role ON user_roles (role);

        CREATE TABLE families (
            name TEXT NOT NULL PRIMARY KEY,
            user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
            is_ended INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX families_by_user ON families (user);

        CREATE TABLE refresh_tokens (
            hash TEXT NOT NULL PRIMARY KEY,
            family TEXT NOT NULL REFERENCES families ON DELETE CASCADE,
            issued INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            is_used INTEGER NOT NULL DEFAULT 0,
            access_id TEXT NOT NULL,
            access_expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
        CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires);

        CREATE TABLE signing_keys (
            kid TEXT NOT NULL PRIMARY KEY,
            jwk BLOB NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('announced', 'signing', 'retiring', 'retired')),
            announced INTEGER NOT NULL,
            signing INTEGER,
            retiring INTEGER,
            retired INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX one_key_signs ON signing_keys (state) WHERE state = 'signing';

        CREATE TABLE revocations (
            version INTEGER NOT NULL PRIMARY KEY,
            token_id TEXT NOT NULL UNIQUE,
            expires INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE audit (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            detail TEXT NOT NULL,
            origin TEXT
        ) STRICT;

        -- One row: the versions of the last revocation or change of a key, and of the last change of a key.
        CREATE TABLE state (
            id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
            version INTEGER NOT NULL,
            keys_version INTEGER NOT NULL,
            probes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO state VALUES (1, 0, 0, 0);
        """
}
