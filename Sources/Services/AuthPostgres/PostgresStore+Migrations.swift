import Postgres

extension PostgresStore {
    /// The migrations of a database of any age to today's form.
    static let migrations = [
        Migration("1 users, sessions, keys, revocations, audit", first),
        Migration("2 successors of refresh tokens", second),
        Migration("3 revocations by end", ["CREATE INDEX revocations_by_end ON revocations (expires)"]),
        Migration("4 clients and scopes of sessions", fourth),
        Migration("5 ids of users", fifth),
    ]

    /// Existing users keep the `sub` that their tokens had. The default is for an older auth that adds users during a
    /// rolling upgrade.
    private static let fifth = [
        #"ALTER TABLE users ADD COLUMN id text COLLATE "C""#,
        "UPDATE users SET id = name",
        "ALTER TABLE users ALTER COLUMN id SET NOT NULL, ALTER COLUMN id SET DEFAULT gen_random_uuid()::text",
        "CREATE UNIQUE INDEX users_by_id ON users (id)",
    ]

    private static let fourth = ["ALTER TABLE families ADD COLUMN client text, ADD COLUMN scope text"]

    private static let second = [
        "ALTER TABLE refresh_tokens ADD COLUMN used bigint, ADD COLUMN successor text, ADD COLUMN sealed text"
    ]

    /// Times are milliseconds since 1970. Texts are ordered by their bytes.
    private static let first = [
        """
        CREATE TABLE users (
            name text COLLATE "C" PRIMARY KEY,
            password_hash text NOT NULL,
            is_locked boolean NOT NULL,
            failed_attempts bigint NOT NULL,
            created bigint NOT NULL,
            changed bigint NOT NULL
        )
        """,
        #"CREATE TABLE roles (name text COLLATE "C" PRIMARY KEY)"#,
        """
        CREATE TABLE role_permissions (
            role text COLLATE "C" NOT NULL REFERENCES roles ON DELETE CASCADE,
            permission text COLLATE "C" NOT NULL,
            PRIMARY KEY (role, permission)
        )
        """,
        """
        CREATE TABLE user_permissions (
            user_name text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
            permission text COLLATE "C" NOT NULL,
            PRIMARY KEY (user_name, permission)
        )
        """,
        """
        CREATE TABLE user_roles (
            user_name text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
            role text COLLATE "C" NOT NULL REFERENCES roles ON DELETE CASCADE,
            PRIMARY KEY (user_name, role)
        )
        """,
        "CREATE INDEX user_roles_by_role ON user_roles (role)",
        """
        CREATE TABLE families (
            name text COLLATE "C" PRIMARY KEY,
            user_name text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
            is_ended boolean NOT NULL DEFAULT false
        )
        """,
        "CREATE INDEX families_by_user ON families (user_name)",
        """
        CREATE TABLE refresh_tokens (
            hash text COLLATE "C" PRIMARY KEY,
            family text COLLATE "C" NOT NULL REFERENCES families ON DELETE CASCADE,
            issued bigint NOT NULL,
            expires bigint NOT NULL,
            is_used boolean NOT NULL DEFAULT false,
            access_id text COLLATE "C" NOT NULL,
            access_expires bigint NOT NULL
        )
        """,
        "CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family)",
        "CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires)",
        """
        CREATE TABLE signing_keys (
            kid text COLLATE "C" PRIMARY KEY,
            place bigint GENERATED ALWAYS AS IDENTITY,
            jwk bytea NOT NULL,
            state text NOT NULL CHECK (state IN ('announced', 'signing', 'retiring', 'retired')),
            announced bigint NOT NULL,
            signing bigint,
            retiring bigint,
            retired bigint
        )
        """,
        "CREATE UNIQUE INDEX one_key_signs ON signing_keys (state) WHERE state = 'signing'",
        """
        CREATE TABLE revocations (
            version bigint PRIMARY KEY,
            token_id text COLLATE "C" NOT NULL UNIQUE,
            expires bigint NOT NULL
        )
        """,
        """
        CREATE TABLE audit (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            at bigint NOT NULL,
            actor text NOT NULL,
            action text NOT NULL,
            target text NOT NULL,
            detail text NOT NULL,
            origin text
        )
        """,
        // One row: the versions of the last revocation or change of a key, and of the last change of a key.
        """
        CREATE TABLE state (
            id bigint PRIMARY KEY CHECK (id = 1),
            version bigint NOT NULL,
            keys_version bigint NOT NULL,
            probes bigint NOT NULL
        )
        """,
        "INSERT INTO state VALUES (1, 0, 0, 0)",
        // Empty: what a probe tries whether there is room with.
        "CREATE TABLE room (bytes bytea NOT NULL)",
    ]
}
