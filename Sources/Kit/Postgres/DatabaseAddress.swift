internal import CPostgres

/// Where a database is and who asks there, as libpq writes it: `postgres://user:password@host:port/database`, or
/// `postgres://user@/database?host=/var/run/postgresql` for a Unix socket. Its password is never printed.
public struct DatabaseAddress: Sendable, Equatable {
    let url: String
    public let user: String?
    /// `nil` where the server asks for none, or libpq looks it up.
    public let password: String?
    private let place: String

    /// - Throws: ``PostgresError/address`` where the text is no such URL; the text is not repeated in it.
    public init(_ url: String) throws(PostgresError) {
        guard Self.schemes.contains(where: url.hasPrefix), !url.utf8.contains(0),
            let options = PQconninfoParse(url, nil)
        else { throw .address }
        defer { PQconninfoFree(options) }
        let values = Self.values(options)
        let host = values["host"] ?? values["hostaddr"] ?? "the local socket"
        self.url = url
        (user, password) = (values["user"], values["password"])
        place = "\(values["dbname"] ?? "") at \(host)\(values["port"].map { ":" + $0 } ?? "")"
    }

    private static let schemes = ["postgres://", "postgresql://"]

    private static func values(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}

extension DatabaseAddress: CustomStringConvertible, CustomReflectable {
    /// The database and its host.
    public var description: String { place }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
