internal import CPostgres
internal import Glibc

extension Connection {
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
        String(cString: PQerrorMessage(link)).split(separator: "\n").joined(separator: " ")
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
