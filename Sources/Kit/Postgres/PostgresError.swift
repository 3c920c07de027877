/// An error of a database.
public enum PostgresError: Error, Sendable, Equatable {
    /// The address cannot be used: the end of a sentence that says why, without the address.
    case address(String)
    /// There is no connection, or it was lost: what libpq says of it. No transaction has changed anything; a statement
    /// that ran by itself may have.
    case disconnected(String)
    /// The connection was lost while the server was asked to commit: whether it did is not known.
    case outcomeUnknown
    /// The server did not answer a statement in time; the connection was given up. What was changed is as with
    /// ``disconnected(_:)``.
    case timedOut
    /// As many wait for a connection as may.
    case full
    /// The pool was closed.
    case closed
    /// The server has refused a connection or a statement. The message may name values, and belongs in a log only.
    case refused(SQLState, String)
    /// A column is missing, or holds something else than is asked for.
    case column(String)
    /// A row is missing that is always there.
    case noRow
    /// The schema is missing or empty, and must not be made.
    case notMigrated
    /// A newer version has taken a step which this one does not know.
    case migratedFurther(step: String, known: String)

    /// The server's name for it.
    public var state: SQLState? {
        if case .refused(let state, _) = self { state } else { nil }
    }

    /// True if the same may succeed later, unchanged: the database is away, full, locked or overloaded.
    public var isTransient: Bool {
        switch self {
        case .disconnected, .outcomeUnknown, .timedOut, .full: true
        case .refused(let state, _): state.isTransient
        case .address, .closed, .column, .noRow, .notMigrated, .migratedFurther: false
        }
    }

    /// True if the same fails until somebody changes the address, or something in the database: a wrong password, no
    /// right to make a table, a table that is there already.
    public var isPermanent: Bool {
        switch self {
        case .address, .notMigrated, .migratedFurther: true
        case .refused(let state, _): state.isPermanent
        case .disconnected, .outcomeUnknown, .timedOut, .full, .closed, .column, .noRow: false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .address(let reason): "The address \(reason)."
        case .disconnected(let reason): "The database cannot be reached: \(reason)"
        case .outcomeUnknown: "The connection was lost during a commit."
        case .timedOut: "The database did not answer in time."
        case .full: "Too many wait for a connection to the database."
        case .closed: "The connections to the database are closed."
        case .refused(let state, let message): "\(message) (\(state.code))"
        case .noRow: "A row is missing that is always there."
        case .notMigrated: "The database holds no tables yet."
        case .migratedFurther(let step, let known):
            "A newer version has changed the tables: it knows the step “\(step)”, and this one knows steps up to “\(known)”."
        case .column(let name): "The column “\(name)” is missing, or holds something else."
        }
    }
}

/// Five characters by which a server says what is wrong (PostgreSQL's manual, appendix A).
public struct SQLState: Sendable, Hashable {
    /// The five characters of the code.
    public let code: String

    /// The state of this code.
    public init(_ code: String) {
        self.code = code
    }
}

extension SQLState {
    /// A text has a character that the encoding does not have.
    public static let characterNotInRepertoire = Self("22021")
    /// The password is wrong, or there is none.
    public static let invalidPassword = Self("28P01")
    /// The transaction may not write, as on a standby.
    public static let readOnlyTransaction = Self("25006")
    /// There is a row of this key already.
    public static let uniqueViolation = Self("23505")
    static let inFailedTransaction = Self("25P02")
    /// A serializable transaction met another one. It may be tried again.
    public static let serializationFailure = Self("40001")
    /// Two transactions waited for each other. It may be tried again.
    public static let deadlockDetected = Self("40P01")
    static let insufficientPrivilege = Self("42501")
    /// There is no such column.
    public static let undefinedColumn = Self("42703")
    /// There is no such table.
    public static let undefinedTable = Self("42P01")
    /// The disk of the server is full.
    public static let diskFull = Self("53100")
    /// A lock was not free in time.
    public static let lockNotAvailable = Self("55P03")
    /// A statement was ended, by `statement_timeout` or by somebody.
    public static let queryCanceled = Self("57014")

    /// True if the transaction may succeed if it is run again as a whole.
    var isRetryable: Bool { self == .serializationFailure || self == .deadlockDetected }

    /// True if no waiting mends it: a wrong password or user (28), no such database (3D) or schema (3F), no right, a
    /// table of another kind (42).
    var isPermanent: Bool { self != .undefinedTable && ["28", "3D", "3F", "42"].contains(code.prefix(2)) }

    /// True if the fault is the server's state rather than the statement: what is refused now may be accepted later.
    ///
    /// By class: 08 connection, 25006 read-only, 40 rollback, 53 resources (a full disk among them), 55P03 lock, 57 the
    /// operator (a shutdown among them), 58 the system, XX the server itself.
    var isTransient: Bool {
        self == .readOnlyTransaction || self == .lockNotAvailable
            || ["08", "40", "53", "57", "58", "XX"].contains(code.prefix(2))
    }
}
