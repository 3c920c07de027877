/// An error of a database.
public enum PostgresError: Error, Sendable, Equatable {
    /// The address cannot be used: the end of a sentence that says why, without the address.
    case address(String)
    /// There is no connection, or it was lost: what libpq says of it. No transaction has changed anything; a statement
    /// that ran by itself may have.
    case disconnected(String)
    /// The connection was lost while the server was asked to commit: whether it did, nobody here knows.
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

    /// The server's name for it.
    public var state: SQLState? {
        if case .refused(let state, _) = self { state } else { nil }
    }

    /// True if the same may succeed later, unchanged: the database is away, full, locked or overloaded.
    public var isTransient: Bool {
        switch self {
        case .disconnected, .outcomeUnknown, .timedOut, .full: true
        case .refused(let state, _): state.isTransient
        case .address, .closed, .column, .noRow: false
        }
    }

    /// True if the same fails until somebody changes the address, or something in the database: a wrong password, no
    /// right to make a table, a table that is there already.
    public var isPermanent: Bool {
        switch self {
        case .address: true
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
        case .column(let name): "The column “\(name)” is missing, or holds something else."
        }
    }
}
