/// A thread of a ``Pool``, and the connection that it keeps. Only that thread touches it.
final class Worker {
    private let address: DatabaseAddress
    let settings: PoolSettings
    private let line: WaitingLine
    private let outage: Outage
    private var connection: Connection?

    init(_ address: DatabaseAddress, _ settings: PoolSettings, _ line: WaitingLine, _ outage: Outage) {
        self.address = address
        self.settings = settings
        self.line = line
        self.outage = outage
    }

    /// Does one job after another until the line is closed.
    func work() {
        while let job = line.next() { job.run(self) }
        connection?.close()
        line.leave()
    }

    /// The connection, made anew where it is not alive, or somebody has left a transaction open in it.
    ///
    /// - Throws: ``PostgresError``; at once, where connecting has failed a moment ago.
    func connected() throws(PostgresError) -> Connection {
        if let connection, connection.isAlive, !connection.isInTransaction {
            connection.statementTimeout = settings.statementTimeout
            return connection
        }
        connection?.close()
        connection = nil
        try outage.check()
        do throws(PostgresError) {
            let made = try Connection(address, settings)
            connection = made
            outage.end()
            return made
        } catch {
            outage.begin(error)
            throw error
        }
    }
}
