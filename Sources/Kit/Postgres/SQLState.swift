/// Five characters by which a server says what is wrong (PostgreSQL's manual, appendix A).
public struct SQLState: Sendable, Hashable {
    public let code: String

    public init(_ code: String) {
        self.code = code
    }
}

extension SQLState {
    public static let characterNotInRepertoire = Self("22021")
    public static let readOnlyTransaction = Self("25006")
    public static let foreignKeyViolation = Self("23503")
    public static let uniqueViolation = Self("23505")
    static let inFailedTransaction = Self("25P02")
    public static let serializationFailure = Self("40001")
    public static let deadlockDetected = Self("40P01")
    static let insufficientPrivilege = Self("42501")
    public static let undefinedTable = Self("42P01")
    public static let diskFull = Self("53100")
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
