internal import CPostgres
internal import Glibc

/// One connection. A ``Pool`` lends it to one caller at a time: it is used there and then, and not kept.
///
/// Unchecked, because libpq's connections may go from thread to thread, and a pool lends each to one at a time.
public final class PostgresConnection: @unchecked Sendable {
    private let link: OpaquePointer
    let made = ContinuousClock.now
    /// The time that we wait for a statement; the server gives up a little earlier.
    var statementTimeout: Duration
    private var isOpen = true

    /// Connects, and waits for it.
    ///
    /// - Throws: ``PostgresError/disconnected(_:)`` with what libpq says of it; ``PostgresError/refused(_:_:)`` if the
    /// server said why; ``PostgresError/address(_:)``.
    init(_ address: ConnectionURL, _ settings: PoolSettings) throws(PostgresError) {
        statementTimeout = settings.statementTimeout
        link = try Self.connect(address, settings)
        // Without this, notices go to standard error.
        PQsetNoticeReceiver(link, { _, _ in }, nil)
    }

    deinit { close() }

    /// Releases it; nothing can be done with it from now on.
    func close() {
        guard isOpen else { return }
        isOpen = false
        PQfinish(link)
    }

    /// Runs one statement, whose parameters are `$1`, `$2` and on, and waits for its answer.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func run(_ statement: String, _ parameters: any PostgresValue...) throws(PostgresError) -> QueryResult {
        try run(statement, with: parameters)
    }

    /// As ``run(_:_:)``.
    ///
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func run(_ statement: String, with parameters: [any PostgresValue]) throws(PostgresError) -> QueryResult {
        try run(statement, parameters.map(\.postgresText))
    }

    /// True if it has neither failed nor been closed by the server, as far as can be seen without a round trip.
    var isAlive: Bool {
        guard isOpen, PQstatus(link) == CONNECTION_OK else { return false }
        // Before the end of a connection its server may have said good-bye: the end is what comes last.
        while isReady(POLLIN, within: .zero) {
            guard PQconsumeInput(link) == 1, PQstatus(link) == CONNECTION_OK else { return false }
        }
        return true
    }

    /// True if a transaction was begun and not ended.
    var isInTransaction: Bool { PQtransactionStatus(link) != PQTRANS_IDLE }
}

extension PostgresConnection {
    /// The time that we wait for a statement's end longer than the server.
    private static let grace = Duration.milliseconds(500)

    /// Runs several statements without parameters, on one round trip.
    ///
    /// - Returns: the answer to the last one.
    func script(_ statements: String) throws(PostgresError) -> QueryResult {
        try exchange { PQsendQuery(link, statements) == 1 }
    }

    private func run(_ statement: String, _ parameters: [String?]) throws(PostgresError) -> QueryResult {
        guard !parameters.contains(where: { $0?.utf8.contains(0) == true }) else {
            throw .refused(.characterNotInRepertoire, "A parameter holds a NUL.")
        }
        return try exchange { send(statement, parameters) }
    }

    /// Sends something, and waits for all that the server has to say to it.
    ///
    /// - Returns: the last answer.
    /// - Throws: the first failure.
    @discardableResult
    private func exchange(_ send: () -> Bool) throws(PostgresError) -> QueryResult {
        guard isOpen else { throw .closed }
        guard send() else { throw lost() }
        let deadline = ContinuousClock.now + statementTimeout + Self.grace
        try flush(by: deadline)
        var (answer, failure) = (QueryResult?.none, PostgresError?.none)
        while let result = try receive(by: deadline) {
            defer { PQclear(result) }
            failure = failure ?? PostgresError(result)
            answer = QueryResult(result)
        }
        if let failure {
            if case .disconnected = failure { close() }
            throw failure
        }
        guard let answer else { throw lost() }
        return answer
    }

    private func send(_ statement: String, _ parameters: [String?]) -> Bool {
        let values = parameters.map { $0.map { strdup($0) } ?? nil }
        defer { for value in values { free(value) } }
        let pointers = values.map { UnsafePointer<CChar>($0) }
        return PQsendQueryParams(link, statement, Int32(pointers.count), nil, pointers, nil, nil, 0) == 1
    }

    private func flush(by deadline: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(link) {
            case 0: return
            case 1:
                try wait(for: POLLIN | POLLOUT, by: deadline)
                guard PQconsumeInput(link) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    private func receive(by deadline: ContinuousClock.Instant) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(link) == 1 {
            try wait(for: POLLIN, by: deadline)
            guard PQconsumeInput(link) == 1 else { throw lost() }
        }
        return PQgetResult(link)
    }

    /// A server that ends no statement in time is given up: it may be frozen, or behind a network that has gone.
    private func wait(for events: Int32, by deadline: ContinuousClock.Instant) throws(PostgresError) {
        guard isReady(events, within: ContinuousClock.now.duration(to: deadline)) else {
            close()
            throw .timedOut
        }
    }

    private func isReady(_ events: Int32, within time: Duration) -> Bool {
        var item = pollfd(fd: PQsocket(link), events: Int16(events), revents: 0)
        let until = ContinuousClock.now + time
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: until))
            let count = poll(&item, 1, Int32(left.milliseconds))
            guard count < 0, errno == EINTR else { return count != 0 }
        }
    }

    /// Closes a connection that has failed.
    private func lost() -> PostgresError {
        let reason = Self.message(of: link)
        close()
        return .disconnected(reason)
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    /// As PostgreSQL's settings have it.
    var text: String { "\(milliseconds)ms" }
}

extension PostgresConnection {
    /// Connects, and waits for it.
    static func connect(
        _ address: ConnectionURL, _ settings: PoolSettings
    ) throws(PostgresError) -> OpaquePointer {
        let options = try address.options(timeout: settings.connectTimeout, name: settings.name)
        let start = ContinuousClock.now
        guard let link = (withPairs(options) { PQconnectdbParams($0, $1, 1) }) else {
            throw .disconnected("there is no memory")
        }
        if PQstatus(link) == CONNECTION_OK, PQsetnonblocking(link, 1) == 0 { return link }
        let isQuick = start.duration(to: .now) < .seconds(1)
        defer { PQfinish(link) }
        let reason = message(of: link)
        // libpq has seen that by itself, and has no state of the server's for it.
        if PQconnectionNeedsPassword(link) == 1 { throw .refused(.invalidPassword, reason) }
        if isQuick, let state = refusal(link) { throw .refused(state, reason) }
        throw .disconnected(reason)
    }

    /// The server's reason for refusing a connection. libpq gives it only in the text of its message, and only to those who
    /// have asked for it before: so this connects once more.
    private static func refusal(_ link: OpaquePointer) -> SQLState? {
        PQsetErrorVerbosity(link, PQERRORS_SQLSTATE)
        PQreset(link)
        guard PQstatus(link) == CONNECTION_BAD else { return nil }
        let lines = String(cString: PQerrorMessage(link)).split(separator: "\n")
        let states = lines.map { $0.firstMatch(of: /: +([0-9A-Z]{5})$/).map { SQLState(String($0.1)) } }
        // Of several hosts, one may be down and another refuse.
        guard let first = states.first ?? nil, states.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    static func message(of link: OpaquePointer) -> String {
        String(lines: PQerrorMessage(link))
    }

    private static func withPairs<Result>(
        _ pairs: [(String, String)],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let keys = pairs.map { strdup($0.0) }
        let values = pairs.map { strdup($0.1) }
        defer { for text in keys + values { free(text) } }
        return body(keys.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
    }
}

extension PostgresConnection {
    /// Begins a transaction in which all that reading and durability depend on is set, for itself alone: so it holds
    /// whatever the server's or the role's own settings are, and beyond a pooler that gives each transaction another
    /// connection.
    ///
    /// - Parameter condition: a query on the same round trip.
    /// - Throws: ``PostgresError/noRow`` if the condition finds nothing.
    func begin(
        _ isolation: Isolation, _ settings: PoolSettings, condition: String? = nil
    ) throws(PostgresError) {
        statementTimeout = settings.statementTimeout
        var values = [
            ("statement_timeout", settings.statementTimeout.text), ("lock_timeout", settings.lockTimeout.text),
            ("idle_in_transaction_session_timeout", settings.statementTimeout.text), ("bytea_output", "hex"),
            ("DateStyle", "ISO"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "1"),
            ("standard_conforming_strings", "on"),
        ]
        // Temporary tables, which another client of a pooler may have left, come last.
        if let schema = settings.schema { values.append(("search_path", "\(schema), pg_temp")) }
        let calls = values.map { "set_config('\($0)', '\($1)', true)" }.joined(separator: ", ")
        let answer = try script(
            """
            BEGIN ISOLATION LEVEL \(isolation.rawValue);
            SELECT \(calls),
                CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END;
            \(condition ?? "")
            """)
        guard !answer.rows.isEmpty else { throw .noRow }
    }

    func commit() throws(PostgresError) {
        let answer: QueryResult
        do throws(PostgresError) {
            answer = try run("COMMIT")
        } catch {
            throw error.isLoss ? .outcomeUnknown : error
        }
        // If a statement has failed and the body kept it to itself, COMMIT means ROLLBACK.
        guard answer.tag == "COMMIT" else { throw .refused(.inFailedTransaction, "A statement had failed before.") }
    }
}

extension PostgresError {
    /// True if the server may have gone on without us.
    fileprivate var isLoss: Bool {
        switch self {
        case .disconnected, .timedOut: true
        case .refused(let state, _): state.code.hasPrefix("57")
        case .address, .outcomeUnknown, .full, .closed, .column, .noRow, .notMigrated, .migratedFurther: false
        }
    }
}
