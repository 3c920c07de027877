/// A table that every store has, with the columns that a copy takes over.
package struct StoreTable: Sendable {
    package struct Column: Sendable {
        package enum ColumnType: Sendable {
            case text, integer, bytes
            /// 0 or 1.
            case flag
        }

        package let name: String
        package let kind: ColumnType

        static func text(_ name: String) -> Column { Column(name: name, kind: .text) }
        static func integer(_ name: String) -> Column { Column(name: name, kind: .integer) }
        static func bytes(_ name: String) -> Column { Column(name: name, kind: .bytes) }
        static func flag(_ name: String) -> Column { Column(name: name, kind: .flag) }
    }

    package enum ColumnValue: Sendable, Equatable {
        case null
        case text(String)
        /// A flag, too.
        case integer(Int64)
        case bytes([UInt8])
    }

    package typealias RowValues = [ColumnValue]

    package let name: String
    /// The order of the rows, in which no two are equal: the first columns.
    package let key: [Column]
    package let columns: [Column]
    /// Columns that are not copied, and begin with 0.
    package let counters: [String]

    private init(_ name: String, by key: [Column], _ others: [Column] = [], counters: [String] = []) {
        self.name = name
        self.key = key
        columns = key + others
        self.counters = counters
    }
}

extension StoreTable {
    /// A table comes after those that it refers to.
    package static let all = [
        StoreTable(
            "users", by: [.text("name")],
            [
                .text("id"), .text("password_hash"), .flag("is_locked"), .integer("failed_attempts"),
                .integer("created"), .integer("changed"),
            ]),
        StoreTable("roles", by: [.text("name")]),
        StoreTable("role_permissions", by: [.text("role"), .text("permission")]),
        StoreTable("user_permissions", by: [.text("user"), .text("permission")]),
        StoreTable("user_roles", by: [.text("user"), .text("role")]),
        StoreTable(
            "families", by: [.text("name")], [.text("user"), .flag("is_ended"), .text("client"), .text("scope")]),
        StoreTable(
            "refresh_tokens", by: [.text("hash")],
            [
                .text("family"), .integer("issued"), .integer("expires"), .flag("is_used"), .text("access_id"),
                .integer("access_expires"), .integer("used"), .text("successor"), .text("sealed"),
            ]),
        StoreTable(
            "signing_keys", by: [.integer("announced"), .text("kid")],
            [.bytes("jwk"), .text("state"), .integer("signing"), .integer("retiring"), .integer("retired")]),
        StoreTable("revocations", by: [.integer("version")], [.text("token_id"), .integer("expires")]),
        StoreTable(
            "audit", by: [.integer("number")],
            [
                .integer("at"), .text("actor"), .text("action"), .text("target"), .text("detail"), .text("origin"),
            ]),
        StoreTable(
            "state", by: [.integer("id")], [.integer("version"), .integer("keys_version")], counters: ["probes"]),
    ]
}
